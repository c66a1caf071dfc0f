// @ts-check
// Sounds, made by WebAudio; off until somebody turns them on. A bounded number at a time, and what is far away is quiet.

import { keep, kept } from "../storage.js";

const SOUND_KEY = "snapline.arena.sound";
const VOICES_MAX = 14;
const VOLUME = 0.32;

/**
 * What a sound is: a tone that glides, or noise through a filter that glides.
 * @typedef {object} Voice
 * @property {OscillatorType | "noise"} wave
 * @property {number} fromHz
 * @property {number} toHz
 * @property {number} seconds
 * @property {number} gain
 */

/** @type {Record<string, Voice[]>} */
const SOUNDS = {
  shot: [{ wave: "square", fromHz: 880, toHz: 210, seconds: 0.11, gain: 0.16 }],
  hit: [{ wave: "noise", fromHz: 2600, toHz: 700, seconds: 0.09, gain: 0.5 }],
  struck: [{ wave: "triangle", fromHz: 1250, toHz: 1500, seconds: 0.06, gain: 0.35 }],
  hurt: [{ wave: "sawtooth", fromHz: 170, toHz: 70, seconds: 0.16, gain: 0.4 }],
  burst: [
    { wave: "noise", fromHz: 1500, toHz: 60, seconds: 0.75, gain: 0.9 },
    { wave: "sine", fromHz: 120, toHz: 34, seconds: 0.5, gain: 0.7 },
  ],
  pickUp: [
    { wave: "sine", fromHz: 520, toHz: 780, seconds: 0.1, gain: 0.3 },
    { wave: "sine", fromHz: 780, toHz: 1170, seconds: 0.22, gain: 0.3 },
  ],
  respawn: [{ wave: "triangle", fromHz: 220, toHz: 660, seconds: 0.35, gain: 0.3 }],
};

/** @typedef {"shot" | "hit" | "struck" | "hurt" | "burst" | "pickUp" | "respawn"} SoundName */

/**
 * How loud something is that far away, 0..1.
 * @param {number} distance in units
 * @param {number} reach beyond which nothing is heard
 */
export function loudness(distance, reach) {
  return Math.max(0, 1 - distance / reach) ** 2;
}

export class Sound {
  isOn = kept(SOUND_KEY) === "on";
  /** @type {AudioContext | null} */
  #audio = null;
  /** @type {GainNode | null} */
  #master = null;
  /** @type {AudioBuffer | null} */
  #noise = null;
  #voices = 0;

  constructor() {
    // A browser lets nothing sound before the first key or click.
    for (const type of ["pointerdown", "keydown"]) addEventListener(type, () => this.isOn && this.#start(), { capture: true });
  }

  /** @param {boolean} isOn */
  turn(isOn) {
    this.isOn = isOn;
    keep(SOUND_KEY, isOn ? "on" : "off");
    if (isOn) this.#start();
    else void this.#audio?.suspend();
  }

  #start() {
    if (this.#audio) {
      if (this.#audio.state === "suspended") void this.#audio.resume();
      return;
    }
    const audio = new AudioContext();
    const master = new GainNode(audio, { gain: VOLUME });
    // Many voices at once must not clip.
    master.connect(new DynamicsCompressorNode(audio)).connect(audio.destination);
    const noise = audio.createBuffer(1, audio.sampleRate, audio.sampleRate);
    const samples = noise.getChannelData(0);
    for (let i = 0; i < samples.length; i += 1) samples[i] = Math.random() * 2 - 1;
    this.#audio = audio;
    this.#master = master;
    this.#noise = noise;
  }

  /**
   * @param {SoundName} name
   * @param {number} [loud] 0..1
   * @param {number} [pan] -1: left, 1: right
   */
  play(name, loud = 1, pan = 0) {
    if (!this.isOn || this.#audio?.state !== "running" || loud < 0.02) return;
    let delayS = 0;
    for (const voice of SOUNDS[name]) {
      if (this.#voices >= VOICES_MAX) return;
      this.#voice(this.#audio, voice, loud, pan, this.#audio.currentTime + delayS);
      if (name === "pickUp") delayS += voice.seconds * 0.8;
    }
  }

  /**
   * @param {AudioContext} audio
   * @param {Voice} voice
   * @param {number} loud
   * @param {number} pan
   * @param {number} at
   */
  #voice(audio, { wave, fromHz, toHz, seconds, gain }, loud, pan, at) {
    if (!this.#master) return;
    const isNoise = wave === "noise";
    const source = isNoise ? new AudioBufferSourceNode(audio, { buffer: this.#noise, loop: true }) : new OscillatorNode(audio, { type: wave });
    const filter = isNoise ? new BiquadFilterNode(audio, { type: "lowpass" }) : null;
    const pitch = filter?.frequency ?? /** @type {OscillatorNode} */ (source).frequency;
    // No two shots sound quite alike.
    const tune = 0.94 + Math.random() * 0.12;
    pitch.setValueAtTime(fromHz * tune, at);
    pitch.exponentialRampToValueAtTime(toHz * tune, at + seconds);
    const envelope = new GainNode(audio, { gain: 0 });
    envelope.gain.setValueAtTime(gain * loud, at);
    envelope.gain.exponentialRampToValueAtTime(0.001, at + seconds);
    const side = new StereoPannerNode(audio, { pan: Math.min(1, Math.max(-1, pan)) });
    (filter ? source.connect(filter) : source).connect(envelope).connect(side).connect(this.#master);
    this.#voices += 1;
    source.onended = () => {
      this.#voices -= 1;
      side.disconnect();
    };
    source.start(at);
    source.stop(at + seconds);
  }
}
