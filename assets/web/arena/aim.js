// @ts-check
// Where the nose is to point, in radians from +x towards +y (clockwise on the screen): turned by keys, or towards the pointer or the stick.

export const TURN = 2 * Math.PI;
/** Radians a second while a key turns. */
export const TURN_RATE = 4.5;
/** The aim runs ahead of the ship by this much at most: beyond half a turn the ship would take the other way round. */
const LEAD_MAX = 2.2;

/** The same angle in -pi..pi. @param {number} angle */
export function wrapped(angle) {
  return angle - TURN * Math.round(angle / TURN);
}

export class Aim {
  /** Radians, 0..2 pi. */
  angle = 0;

  /** @param {number} angle */
  set(angle) {
    this.angle = angle - TURN * Math.floor(angle / TURN);
  }

  /**
   * A key turns.
   * @param {number} direction 1: clockwise; -1: the other way; 0: the aim stays
   * @param {number} seconds since the last frame
   * @param {number} heading where the ship looks now
   */
  turn(direction, seconds, heading) {
    if (direction === 0) return;
    const lead = wrapped(this.angle + direction * TURN_RATE * seconds - heading);
    // Past the largest lead in the direction of the key the aim waits for the ship; a lead to the other side is turned back as always.
    const isTooFar = Math.sign(lead) === direction && Math.abs(lead) > LEAD_MAX;
    this.set(heading + (isTooFar ? direction * LEAD_MAX : lead));
  }

  /**
   * Towards something at dx, dy of the ship; nearer than `dead` there is no direction.
   * @param {number} dx
   * @param {number} dy
   * @param {number} dead
   */
  point(dx, dy, dead) {
    if (Math.hypot(dx, dy) > dead) this.set(Math.atan2(dy, dx));
  }
}
