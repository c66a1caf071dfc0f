// @ts-check
// The buttons over the picture: sound, chat on a phone, the link for a friend, settings and help.

import { buttonElement, element, inputElement } from "../dom.js";
import { TEXT } from "./palette.js";
import { toast } from "./notices.js";

/** The page's address in this room, without what is one's own (as a simulated delay). @param {string} href @param {string} room */
export function linkTo(href, room) {
  const url = new URL(href);
  url.search = room === "main" ? "" : `?room=${encodeURIComponent(room)}`;
  url.hash = "";
  return url.href;
}

/** @param {string} link */
async function copy(link) {
  try {
    await navigator.clipboard.writeText(link);
    toast.show("Link copied: send it to a friend", TEXT);
  } catch {
    // No permission, or no secure context: then people copy it by hand.
    toast.show(link, TEXT);
  }
}

/**
 * @param {import("./sound.js").Sound} sound
 * @param {() => string} room
 */
export function listenTools(sound, room) {
  const soundButton = buttonElement("sound");
  const showSound = () => soundButton.setAttribute("aria-pressed", String(sound.isOn));
  showSound();
  soundButton.addEventListener("click", () => {
    sound.turn(!sound.isOn);
    showSound();
    element("world").focus();
  });
  element("say").addEventListener("click", () => inputElement("chat").focus());
  element("invite").addEventListener("click", () => {
    void copy(linkTo(location.href, room()));
    element("world").focus();
  });
  listenMenu();
}

function listenMenu() {
  const [menu, button] = [element("menu"), buttonElement("settings")];
  /** @param {boolean} isOpen */
  const open = (isOpen) => {
    menu.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) element("world").focus();
    // On a phone a field in focus brings up the keyboard, which hides the menu.
    else if (!matchMedia("(pointer: coarse)").matches) inputElement("name").focus();
  };
  button.addEventListener("click", () => open(menu.hidden !== false));
  element("name-form").addEventListener("submit", () => open(false));
  element("leave").addEventListener("click", () => open(false));
  menu.addEventListener("keydown", ({ key }) => key === "Escape" && open(false));
  element("world").addEventListener("pointerdown", () => !menu.hidden && open(false));
}
