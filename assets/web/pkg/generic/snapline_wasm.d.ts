/* tslint:disable */
/* eslint-disable */

export interface WelcomeEvent { type: "welcome"; epoch: number; tick: number; tickHz: number; ticksPerStep: number; player: number; game: string;
/** 16 hexadecimal digits, as are all hashes. */ schemaHash: string; map: string; mapHash: string; options: [string, string][];
/** How long the seat is kept when the connection is lost, in seconds; 0: not at all. */ resumeS: number; }
export interface ReplyEvent { type: "reply"; number: number; /** Why not; none: done. */ refused?: string; }
export interface ChatEvent { type: "chat"; player: number; text: string; }
export interface RosterChange { change: "join" | "leave" | "away"; player: number; name?: string; bot?: boolean; away?: boolean; }
export interface RosterEvent { type: "roster"; /** The whole list, else changes to it. */ whole: boolean; changes: RosterChange[]; }
export interface StatusEvent { type: "status"; rttMs: number; players: number; tickP50Us: number; tickP99Us: number; tickBudgetUs: number;
starvedTicks: number; stepHz: number; }
export interface ResultsEvent { type: "results"; json: string; }
export interface WordsEvent { type: "words"; text: string; }
/** An event of the game: when, of which kind, and its numbers in schema order. */
export interface GameEvent { type: "game"; tick: number; kind: number; name: string; numbers: Float64Array; }
export type ClientEvent = WelcomeEvent | ReplyEvent | ChatEvent | RosterEvent | StatusEvent | ResultsEvent | WordsEvent | GameEvent;
export interface ClientStats { snapshots: number; snapshotBytes: number; sent: number; desyncs: number; starvedTicks: number;
/** Whether the own state is predicted; if so, how many own states were compared with a prediction and how many were wrong, by cause. */
predicted: boolean; compared: number; late: number; touched: number; unexplained: number;
/** Units by which corrections have moved the own place in all. */ corrected: number;
/** Own shots shown before the server's rows: those that it confirmed, and did not know. */ shotsConfirmed: number; shotsWithdrawn: number; }
export interface ClientArrival { step: number; bytes: number; rows: number; echoUs?: number;
/** Since the arrival before. */ intervalMs: number; /** Later than the fastest of the last seconds would have come. */ lateMs: number;
/** Smallest slack of the inputs of the last second, in ticks; below 0: one came too late; -128: none came. */ slack: number;
/** How far it lay ahead of what was drawn; below 0: rows were extrapolated. */ bufferedMs: number;
/** Bits by part of the frame; the header is the rest. */ parts: FrameParts; }
export interface FrameParts { left: number; held: number; woken: number; runs: number; reloads: number; enters: number; eye: number; own: number;
events: number; check: number; }
/** Bits that the rows of one kind have taken since Welcome: which fields deviate, whole states, and what deviates, by field. */
export interface KindBits { kind: string; modes: number; loads: number; fields: [name: string, bits: number][]; }



/**
 * A connection's client side: give it what arrives, send what it transmits, draw what it draws.
 */
export class Client {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Queues a line of chat.
     */
    chat(text: string): void;
    /**
     * The socket is lost: nothing is to be sent until the next one is open.
     */
    close(): void;
    /**
     * Brings the world to `now_us`; the getters below tell where it lies in memory until the next call.
     */
    draw(now_us: number): void;
    /**
     * Nothing passes the link for `for_ms` (at most 10,000), in either direction; then all of it at once. Call `pump` as with `setLink`.
     */
    freeze(now_us: number, for_ms: number): void;
    /**
     * A client that follows any game by the bytes of its `/schema.json`, without prediction.
     *
     * # Errors
     * When the bytes are no schema.
     */
    static generic(schema_json: Uint8Array | number[]): Client;
    /**
     * A message has arrived.
     *
     * # Errors
     * When the client cannot go on; the words say why and the socket is to be closed.
     */
    message(now_us: number, bytes: Uint8Array | number[]): void;
    /**
     * When `update` has something to do next; undefined before Welcome.
     */
    nextUpdate(): number | undefined;
    /**
     * A socket is open: queues Hello, with the resume token if there is one. The world stays as it was until Welcome.
     */
    open(now_us: number, name: string, bot: boolean): void;
    /**
     * The own state as its numbers in schema order: predicted up to the newest input, exact and without any fading, or as last received by a
     * client that does not predict. Undefined before the first snapshot.
     */
    ownNumbers(): Float64Array | undefined;
    /**
     * What the next snapshot that has not been polled brought; undefined when there is none.
     */
    pollArrival(): ClientArrival | undefined;
    /**
     * The next thing that happened, as a plain object.
     */
    pollEvent(): ClientEvent | undefined;
    /**
     * Bits that rows have taken since Welcome, by kind and field, in schema order; undefined before it.
     */
    profile(): KindBits[] | undefined;
    /**
     * Takes what has come through the simulated link by now.
     *
     * # Errors
     * As `message`.
     */
    pump(now_us: number): void;
    /**
     * Where the newest snapshot has the rows of the last `draw`, two numbers each; NaN: it has not.
     */
    rawPlaces(): Float32Array;
    /**
     * Queues a request of the kind called `kind`, given as its numbers in schema order, and gives the number that its reply will carry.
     *
     * # Errors
     * When the game takes no such request, or before Welcome.
     */
    request(kind: string, numbers: Float64Array | number[]): number;
    /**
     * Sets one number of the input held from now on: component `component` of the lane called `name`.
     *
     * # Errors
     * When the game's input has no such lane.
     */
    setInputLane(name: string, component: number, value: number): void;
    /**
     * The input held from now on, as words of the schema's input kind.
     */
    setInput(words: Uint32Array | number[]): void;
    /**
     * Whether others are drawn between snapshots (so it begins), or as the newest one has them.
     */
    setInterpolation(on: boolean): void;
    /**
     * Puts the link with that name (`lan`, `wifi`, `4g`, `hotel`, `satellite`) in between, as `setLink` does.
     *
     * # Errors
     * When there is none of that name.
     */
    setLinkPreset(name: string): void;
    /**
     * Puts a simulated link between the socket and this client, either way: `delay_ms` and up to `jitter_ms` more, `loss_per_mille` of the messages
     * are late by `stall_ms`, with all behind them, and `bytes_per_s` pass at most (0: any number). All 0: none. Call `pump` every few milliseconds
     * then.
     *
     * # Errors
     * When a time is over 10,000 ms or the loss over 1,000 in a thousand.
     */
    setLink(delay_ms: number, jitter_ms: number, loss_per_mille: number, stall_ms: number, bytes_per_s: number): void;
    /**
     * Takes the bytes of the room's map; those of another map change nothing.
     *
     * # Errors
     * When the game can make nothing of them.
     */
    setMap(bytes: Uint8Array | number[]): void;
    /**
     * Whether the own entity is drawn where it is predicted; else where the server last had it. Inputs and the own state go on as before.
     */
    setPrediction(on: boolean): void;
    /**
     * The next `open` comes with this token; undefined: with none, as somebody new.
     */
    setResumeToken(token?: string | null): void;
    /**
     * Tells the server whether anybody looks.
     */
    setVisible(visible: boolean): void;
    /**
     * Counters of the session; those of prediction are 0 where there is none.
     */
    stats(): ClientStats;
    /**
     * The next message to send.
     */
    transmit(): Uint8Array<ArrayBuffer> | undefined;
    /**
     * Queues inputs for the ticks that have become due; at each animation frame.
     *
     * # Errors
     * As `message`.
     */
    update(now_us: number): void;
    /**
     * Who we are and what is simulated here; undefined before Welcome.
     */
    welcome(): WelcomeEvent | undefined;
    /**
     * Name of the map without which nothing is predicted; its bytes are at `/maps/NAME`.
     */
    readonly needsMap: string | undefined;
    /**
     * Index of the row that this player steers; -1: none.
     */
    readonly own: number;
    /**
     * Centre of the view when nothing is steered.
     */
    readonly placeX: number;
    /**
     * Centre of the view when nothing is steered.
     */
    readonly placeY: number;
    /**
     * Half the side of what can be seen.
     */
    readonly radius: number;
    /**
     * What takes the next `open` back to this client's seat; a secret. Undefined before Welcome, and where the server keeps no seats.
     */
    readonly resumeToken: string | undefined;
    /**
     * How many rows there are.
     */
    readonly rowCount: number;
    /**
     * Address of the rows: four u32 each (slot, generation, kind + 256 when held, index of the first number).
     */
    readonly rowsAt: number;
    /**
     * Tick that is drawn, with its fraction.
     */
    readonly tick: number;
    /**
     * How many numbers there are.
     */
    readonly valueCount: number;
    /**
     * Address of the numbers of all rows, f32 each: one for each component of each field, in schema order.
     */
    readonly valuesAt: number;
}

/**
 * A replica alone: fed the snapshots of a recorded connection, it tells the rows that they make.
 */
export class GoldenReplica {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * One that knows nothing yet.
     *
     * # Errors
     * When the bytes are no schema.
     */
    constructor(schema_json: Uint8Array | number[], tick_hz: number, ticks_per_step: number);
    /**
     * Applies one snapshot; gives all known rows, each as slot, low 8 bits of the generation, 1 when held, kind, number of words, words.
     *
     * # Errors
     * When the bytes are no snapshot that follows.
     */
    read(snapshot: Uint8Array | number[]): Uint32Array;
    /**
     * The newest step applied; undefined before the first snapshot.
     */
    readonly step: number | undefined;
}

/**
 * The words of a value of the kind called `kind`, given as its numbers in schema order.
 *
 * # Errors
 * When the bytes are no schema or it has no such kind.
 */
export function golden_quantise(schema_json: Uint8Array | number[], kind: string, numbers: Float64Array | number[]): Uint32Array;

/**
 * What a message of the server means, as `Client.pollEvent` would tell it; snapshots are for `GoldenReplica`.
 *
 * # Errors
 * When the bytes are no such message.
 */
export function golden_server_message(bytes: Uint8Array | number[]): ClientEvent;

/**
 * Makes a panic say on the console what happened and where; the call that panicked throws.
 */
export function start(): void;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_client_free: (a: number, b: number) => void;
    readonly __wbg_goldenreplica_free: (a: number, b: number) => void;
    readonly client_chat: (a: number, b: number, c: number) => void;
    readonly client_close: (a: number) => void;
    readonly client_draw: (a: number, b: number) => void;
    readonly client_freeze: (a: number, b: number, c: number) => void;
    readonly client_generic: (a: number, b: number) => [number, number, number];
    readonly client_message: (a: number, b: number, c: number, d: number) => [number, number];
    readonly client_needsMap: (a: number) => [number, number];
    readonly client_nextUpdate: (a: number) => [number, number];
    readonly client_open: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly client_own: (a: number) => number;
    readonly client_ownNumbers: (a: number) => [number, number];
    readonly client_placeX: (a: number) => number;
    readonly client_placeY: (a: number) => number;
    readonly client_pollArrival: (a: number) => any;
    readonly client_pollEvent: (a: number) => any;
    readonly client_profile: (a: number) => any;
    readonly client_pump: (a: number, b: number) => [number, number];
    readonly client_radius: (a: number) => number;
    readonly client_rawPlaces: (a: number) => [number, number];
    readonly client_request: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly client_resumeToken: (a: number) => [number, number];
    readonly client_rowCount: (a: number) => number;
    readonly client_rowsAt: (a: number) => number;
    readonly client_setInput: (a: number, b: number, c: number) => void;
    readonly client_setInputLane: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly client_setInterpolation: (a: number, b: number) => void;
    readonly client_setLink: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number];
    readonly client_setLinkPreset: (a: number, b: number, c: number) => [number, number];
    readonly client_setMap: (a: number, b: number, c: number) => [number, number];
    readonly client_setPrediction: (a: number, b: number) => void;
    readonly client_setResumeToken: (a: number, b: number, c: number) => void;
    readonly client_setVisible: (a: number, b: number) => void;
    readonly client_stats: (a: number) => any;
    readonly client_tick: (a: number) => number;
    readonly client_transmit: (a: number) => any;
    readonly client_update: (a: number, b: number) => [number, number];
    readonly client_valueCount: (a: number) => number;
    readonly client_valuesAt: (a: number) => number;
    readonly client_welcome: (a: number) => any;
    readonly golden_quantise: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number, number];
    readonly golden_server_message: (a: number, b: number) => [number, number, number];
    readonly goldenreplica_new: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly goldenreplica_read: (a: number, b: number, c: number) => [number, number, number, number];
    readonly goldenreplica_step: (a: number) => number;
    readonly start: () => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
