// @ts-check
// Who listens to what. A listener's fault is its own: it shows on the console, and everything else goes on.

/** @template {object} Events what can be listened to, and what a listener is given */
export class Listeners {
  /** @type {Map<keyof Events, Set<(value: any) => void>>} */
  #listeners = new Map();

  /**
   * Listens; gives the function that stops listening.
   * @template {keyof Events} E
   * @param {E} event
   * @param {(value: Events[E]) => void} listener
   */
  add(event, listener) {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * @template {keyof Events} E
   * @param {E} event
   * @param {Events[E]} value
   */
  tell(event, value) {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
