// @ts-check
// Who is in the room, kept up to date by the server's notices: whole at first, then changes.

/** @typedef {{ name: string, bot: boolean, away: boolean }} Player */

/** Players by seat. @extends {Map<number, Player>} */
export class Players extends Map {
  /** @param {import("./pkg/generic/snapline_wasm.js").RosterEvent} notice */
  apply({ whole, changes }) {
    if (whole) this.clear();
    for (const { change, player, name = "", bot = false, away = false } of changes) {
      const known = this.get(player);
      if (change === "leave") this.delete(player);
      else if (change === "join") this.set(player, { name, bot, away: false });
      else if (known) known.away = away;
    }
  }

  /** The name to show for a seat. @param {number} player */
  nameOf(player) {
    return this.get(player)?.name || `player ${player}`;
  }
}
