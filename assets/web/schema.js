// @ts-check
// A game's schema as this page uses it: where each field's numbers lie in a row, and what a row can be drawn from.
// Numbers, not words: quantising and decoding are the client core's.

/**
 * @typedef {"bool" | "integer" | "float" | "vec2" | "vec3" | "quat"} Shape
 * @typedef {"uint" | "int" | "f32" | "f64" | "fixed" | "angle" | "quat"} LaneName
 */

/**
 * One field as `/schema.json` has it.
 * @typedef {object} FieldSpec
 * @property {string} name
 * @property {Shape} shape
 * @property {LaneName} lane
 * @property {number} [bits]
 * @property {number} [min]
 * @property {number} [max]
 * @property {boolean} [wrap]
 */

/**
 * One kind as `/schema.json` has it.
 * @typedef {object} KindSpec
 * @property {string} name
 * @property {FieldSpec[]} fields
 * @property {number | null} at
 * @property {{ by?: number, along?: number } | null} drive
 */

/**
 * A field and where it lies: `from` is its first number in a row.
 * @typedef {FieldSpec & { from: number, components: number }} Field
 */

/**
 * Where the place of a kind lies and what world it spans.
 * @typedef {object} Place
 * @property {number} from its first number in a row: x, then y
 * @property {number | undefined} min
 * @property {number | undefined} max
 * @property {number} range the world's length along each axis where it wraps; 0: it does not
 */

/**
 * A kind, with what a picture needs.
 * @typedef {object} Kind
 * @property {string} name
 * @property {Field[]} fields
 * @property {number} size numbers in a row
 * @property {Place | null} place none: a global kind
 * @property {Field | null} heading an angle
 * @property {Field | null} velocity stands in for a heading
 * @property {Field | null} player whose it is: a seat
 * @property {Field | null} gauge a small number shown as a bar
 * @property {Field[]} labels small numbers shown as text
 */

/** @typedef {{ game: string, entities: Kind[], events: Kind[], requests: Kind[], input: Kind, own: Kind }} Schema */

const COMPONENTS = { bool: 1, integer: 1, float: 1, vec2: 2, vec3: 3, quat: 4 };
const PLAYER_NAMES = /^(player|owner|seat)(_?id)?$/i;
const GAUGE_NAMES = /^(hp|health|hull|life|lives|shield|armou?r|energy|fuel|ammo|power|heat|charge|stamina|mana)$/i;
/** Wider integers are ids, hashes and clocks rather than something to look at. */
const LABEL_BITS_MAX = 16;

/**
 * Reads the text of `/schema.json`.
 * @param {string} json
 * @returns {Schema}
 */
export function readSchema(json) {
  const { game, entities, events, requests, input, own } = JSON.parse(json);
  return {
    game,
    entities: entities.map(readKind),
    events: events.map(readKind),
    requests: requests.map(readKind),
    input: readKind(input),
    own: readKind(own),
  };
}

/**
 * @param {KindSpec} spec
 * @returns {Kind}
 */
export function readKind(spec) {
  let size = 0;
  const fields = spec.fields.map((field) => {
    const components = COMPONENTS[field.shape];
    const from = size;
    size += components;
    return { ...field, from, components };
  });
  const used = new Set(spec.at === null ? [] : [fields[spec.at]]);
  /** @param {Field | undefined} field */
  const use = (field) => {
    if (field) used.add(field);
    return field ?? null;
  };
  const free = () => fields.filter((field) => !used.has(field));
  const along = spec.drive?.along === undefined ? undefined : fields[spec.drive.along];
  const by = spec.drive?.by === undefined ? undefined : fields[spec.drive.by];
  const player = use(free().find((field) => isInteger(field) && PLAYER_NAMES.test(field.name)));
  const heading = use([along, ...free()].find((field) => field?.lane === "angle" && field.components === 1));
  const velocity = use(by);
  const small = free().filter((field) => isInteger(field) && (field.bits ?? 64) <= LABEL_BITS_MAX);
  const gauge = use(small.find((field) => GAUGE_NAMES.test(field.name)) ?? small.find((field) => (field.bits ?? 64) === 8));
  return {
    name: spec.name,
    fields,
    size,
    place: spec.at === null ? null : readPlace(fields[spec.at]),
    heading,
    velocity,
    player,
    gauge,
    labels: small.filter((field) => field !== gauge),
  };
}

/**
 * @param {Field} field
 * @returns {Place}
 */
function readPlace({ from, min, max, wrap }) {
  const range = wrap && min !== undefined && max !== undefined ? max - min : 0;
  return { from, min, max, range };
}

/** @param {Field} field */
function isInteger(field) {
  return field.shape === "integer" && (field.lane === "uint" || field.lane === "int");
}

/**
 * The values of one row by name: a number, or a list for vectors and quaternions.
 * @param {Kind} kind
 * @param {ArrayLike<number>} numbers
 * @param {number} from the row's first number
 * @returns {Record<string, number | number[]>}
 */
export function named(kind, numbers, from) {
  /** @type {Record<string, number | number[]>} */
  const values = {};
  for (const field of kind.fields) {
    const first = from + field.from;
    values[field.name] =
      field.components === 1 ? numbers[first] : Array.from({ length: field.components }, (_, i) => numbers[first + i]);
  }
  return values;
}
