// The types of snapline.js, in one file. Made from its JSDoc by test/declarations.mjs: to be changed there.

/** What the player can do: `now` join again, `pause` join again after a while, `reload` the page, go to the `main` room. */
export type Way = "now" | "pause" | "reload" | "main";

/** The end of a connection. */
export type Ending = {
    /**
     * the WebSocket close code; 0 when this side ended it
     */
    code: number;
    /**
     * its short name, as in the close frame's reason
     */
    name: string;
    /**
     * a sentence or two for the player
     */
    words: string;
    /**
     * what the server added; may be empty
     */
    detail: string;
    way: Way;
    /**
     * how long to wait before `pause` is over
     */
    retryAfterS: number;
};

export type Shape = "bool" | "integer" | "float" | "vec2" | "vec3" | "quat";

export type LaneName = "uint" | "int" | "f32" | "f64" | "fixed" | "angle" | "quat";

/** One field as `/schema.json` has it. */
export type FieldSpec = {
    name: string;
    shape: Shape;
    lane: LaneName;
    bits?: number;
    min?: number;
    max?: number;
    wrap?: boolean;
};

/** One kind as `/schema.json` has it. */
export type KindSpec = {
    name: string;
    fields: FieldSpec[];
    at: number | null;
    drive: {
        by?: number;
        along?: number;
    } | null;
};

/** A field and where it lies: `from` is its first number in a row. */
export type Field = FieldSpec & {
    from: number;
    components: number;
};

/** Where the place of a kind lies and what world it spans. */
export type Place = {
    /**
     * its first number in a row: x, then y
     */
    from: number;
    min: number | undefined;
    max: number | undefined;
    /**
     * the world's length along each axis where it wraps; 0: it does not
     */
    range: number;
};

/** A kind, with what a picture needs. */
export type Kind = {
    name: string;
    fields: Field[];
    /**
     * numbers in a row
     */
    size: number;
    /**
     * none: a global kind
     */
    place: Place | null;
    /**
     * an angle
     */
    heading: Field | null;
    /**
     * stands in for a heading
     */
    velocity: Field | null;
    /**
     * whose it is: a seat
     */
    player: Field | null;
    /**
     * a small number shown as a bar
     */
    gauge: Field | null;
    /**
     * small numbers shown as text
     */
    labels: Field[];
};

export type Schema = {
    game: string;
    entities: Kind[];
    events: Kind[];
    requests: Kind[];
    input: Kind;
    own: Kind;
};

export type Player = {
    name: string;
    bot: boolean;
    away: boolean;
};

/** Players by seat. @extends {Map<number, Player>} */
declare class Players extends Map<number, Player> {
    /** @param {import("./pkg/generic/snapline_wasm.js").RosterEvent} notice */
    apply({ whole, changes }: import("./pkg/generic/snapline_wasm.js").RosterEvent): void;
    /** The name to show for a seat. @param {number} player */
    nameOf(player: number): string;
}

export type Client = import("./pkg/generic/snapline_wasm.js").Client;

export type Values = Record<string, number | number[]>;

declare class View {
    schema: Schema | null;
    count: number;
    /** Index of the row that this player steers; -1: none. */
    own: number;
    /** Centre of the view when nothing is steered. */
    place: {
        x: number;
        y: number;
    };
    /** Half the side of what can be seen; 0: not known yet. */
    radius: number;
    /** The tick that is drawn, with its fraction. */
    tick: number;
    /** @param {Schema | null} schema */
    constructor(schema: Schema | null);
    /** Four words a row. */
    get rows(): Uint32Array<ArrayBuffer>;
    /** Numbers of all rows, in schema order. */
    get values(): Float32Array<ArrayBuffer>;
    /**
     * Takes what `client.draw` has made. Valid until the next call.
     * @param {Client} client
     * @param {WebAssembly.Memory} memory
     */
    take(client: Client, memory: WebAssembly.Memory): void;
    /** Which place in the server's list the row has; `OWN_SLOT`: the server does not know it yet. @param {number} row */
    slot(row: number): number;
    /** Tells the uses of a slot apart: low 8 bits of the server's count, or for `OWN_SLOT` the number of the shot. @param {number} row */
    generation(row: number): number;
    /** The row's kind. @param {number} row */
    kind(row: number): Kind | undefined;
    /** Whether the row's newest data is old. @param {number} row */
    isHeld(row: number): boolean;
    /** Index of the row's first number in `values`. @param {number} row */
    from(row: number): number;
    /**
     * The row's values by name. Makes objects: for panels and tests, not for every row of every frame.
     * @param {number} row
     * @returns {{ slot: number, generation: number, kind: string, held: boolean, values: Values } | null}
     */
    read(row: number): {
        slot: number;
        generation: number;
        kind: string;
        held: boolean;
        values: Values;
    } | null;
}

export type Core = {
    make(schema: Uint8Array): Client;
    memory: WebAssembly.Memory;
};

/**
 * The module of a game's own build, which exports `predicted`: `pkg/GAME/snapline_wasm.js`, GAME being the schema's `game`. No game: the generic one.
 * @param {string | null} game
 */
export declare function packageOf(game: string | null): string;

/** A line of the server's list of rooms, as far as a page has a use for it. */
export type Listed = {
    name: string;
    /**
     * house bots are not counted
     */
    players: number;
    players_max: number;
    tick_hz: number;
    /**
     * seconds from a match's results to the next match
     */
    restart_s: number;
    game: string;
};

/** The subprotocol is the version. */
export declare const SUBPROTOCOL = "snapline.v1";

export type ClientEvent = import("./pkg/generic/snapline_wasm.js").ClientEvent;

export type Welcome = import("./pkg/generic/snapline_wasm.js").WelcomeEvent;

export type Status = import("./pkg/generic/snapline_wasm.js").StatusEvent;

export type GameEvent = import("./pkg/generic/snapline_wasm.js").GameEvent;

/** A simulated link in front of the socket, the same in both directions. */
export type LinkOptions = {
    /**
     * `lan`, `wifi`, `4g`, `hotel` or `satellite`: then the numbers below are not looked at
     */
    preset?: string;
    /**
     * one way
     */
    delayMs?: number;
    /**
     * up to this much more; it never reorders
     */
    jitterMs?: number;
    /**
     * messages in 1,000 that are lost once
     */
    lossPerMille?: number;
    /**
     * by how much such a loss delays its message and all behind it
     */
    stallMs?: number;
    /**
     * at most so many pass; none: no limit
     */
    bytesPerS?: number;
};

/** A snapshot that has arrived, for those who measure. */
export type Arrival = import("./pkg/generic/snapline_wasm.js").ClientArrival & {
    atMs: number;
};

/** Where to, as whom; and what tests put in the browser's place. */
export type Options = {
    /**
     * the server's origin; the page's own unless told
     */
    url?: string;
    room?: string;
    name?: string;
    bot?: boolean;
    /**
     * runs the own state ahead of the server, for which the page needs the game's own build (see `packageOf`)
     */
    predict?: boolean;
    link?: LinkOptions;
    /**
     * the core that predicts a game; null: the one for any
     */
    load?: (game: string | null) => Promise<Core>;
    socket?: new (url: string, protocol: string) => WebSocket;
    fetch?: typeof globalThis.fetch;
    /**
     * where the token for one's seat is kept: the tab's own unless told; null: nowhere, a reload is somebody new
     */
    storage?: Storage | null;
    /**
     * from 0 to less than 1
     */
    random?: () => number;
    /**
     * milliseconds of a steady clock, as in animation frames
     */
    clock?: () => number;
};

/** A lost connection that is tried again. */
export type Lost = {
    /**
     * why it was lost, or why the last attempt failed
     */
    ending: Ending;
    /**
     * number of the attempt to come, from 1
     */
    attempt: number;
    /**
     * until it is made
     */
    waitMs: number;
    /**
     * until the last one; then "end" comes
     */
    leftMs: number;
};

/** What can be listened to. */
export type Events = {
    /**
     * the room took us in, or has begun a new epoch
     */
    open: Welcome;
    /**
     * the connection is lost, and is tried again after a while; "open" or "end" follows
     */
    lost: Lost;
    /**
     * the list of players has changed
     */
    roster: Players;
    /**
     * once a second
     */
    status: Status;
    chat: {
        player: number;
        name: string;
        text: string;
    };
    /**
     * the server says something to people
     */
    words: string;
    /**
     * the match is over
     */
    results: unknown;
    /**
     * an event of the game, its numbers also by name
     */
    game: GameEvent & {
        values: Values;
    };
    /**
     * one has arrived
     */
    snapshot: Arrival;
    /**
     * the connection has ended; comes once, and last
     */
    end: Ending;
};

/**
 * Joins a room.
 * @param {Options} [options]
 */
export declare function connect(options?: Options): Game;

/** A connection to a room, made by `connect`. */
export declare class Game {
    #private;
    options: Options;
    room: string;
    /** @type {"loading" | "joining" | "open" | "lost" | "ended"} */
    state: "loading" | "joining" | "open" | "lost" | "ended";
    /** @type {Schema | null} */
    schema: Schema | null;
    /** @type {Welcome | null} */
    welcome: Welcome | null;
    /** @type {Status | null} */
    status: Status | null;
    players: Players;
    /** @type {Ending | null} */
    ending: Ending | null;
    /**
     * The own state by name as of the last `view`: predicted up to the newest input and exact, or as last received where nothing is predicted.
     * @type {Values | null}
     */
    own: Values | null;
    /** @param {Options} options */
    constructor(options: Options);
    /**
     * Listens; gives the function that stops listening.
     * @template {keyof Events} E
     * @param {E} event
     * @param {(value: Events[E]) => void} listener
     */
    on<E extends keyof Events>(event: E, listener: (value: Events[E]) => void): () => undefined;
    /**
     * What is held from now on, by the names of the input's lanes; lanes that are not named stay as they are.
     * @param {Record<string, number | boolean | readonly number[]>} values
     */
    input(values: Record<string, number | boolean | readonly number[]>): void;
    /**
     * The world as it is to be drawn at `now`, the animation frame's time; to be called in every frame. Valid until the next call.
     * @param {number} [now]
     */
    view(now?: number): View;
    /** Says a line to everybody in the room. @param {string} text */
    chat(text: string): void;
    /**
     * Asks the game for something once; settles when it answers, rejects with its words when it refuses.
     * @param {string} kind a kind of the schema's requests
     * @param {readonly number[]} [numbers] its values, in schema order
     * @returns {Promise<void>}
     */
    request(kind: string, numbers?: readonly number[]): Promise<void>;
    /** Tells whether anybody looks: a page that nobody sees costs the server next to nothing. @param {boolean} visible */
    setVisible(visible: boolean): void;
    /**
     * The bytes of the room's map, fetched once; null: it plays without one.
     * @returns {Promise<Uint8Array | null>}
     */
    map(): Promise<Uint8Array | null>;
    /** What the server's list of rooms says of this one; null: nothing. */
    listed(): Promise<Listed | null>;
    /**
     * Puts another simulated link between the socket and the client; none: the network as it is. What is on its way loses no place.
     * @param {LinkOptions | null} link
     */
    setLink(link: LinkOptions | null): void;
    /** Lets nothing pass, either way, for so long; then comes all of it. @param {number} ms */
    freeze(ms: number): void;
    /** Whether the own entity is drawn where it is predicted, else where the server last had it. @param {boolean} isOn */
    setPrediction(isOn: boolean): void;
    /** Whether others are drawn between two snapshots, else as the newest has them. @param {boolean} isOn */
    setInterpolation(isOn: boolean): void;
    /** Where the newest snapshot has the rows of the last `view`, two numbers each; NaN: it has not. */
    rawPlaces(): Float32Array<ArrayBuffer>;
    /** Bits that rows have taken since the room took us in, by kind and field. */
    profile(): import("./pkg/generic/snapline_wasm.js").KindBits[];
    /** Gives up the seat. */
    leave(): void;
    /** Gives up the socket but not the seat: for a page that the browser puts away (`pagehide`, `freeze`). `wake` comes back. */
    suspend(): void;
    /** As if the network had failed: the connection is lost, and comes back by itself. */
    drop(): void;
    /** Comes back now: after `suspend`, or when it is known that a lost connection can be had again. */
    wake(): void;
    /** Counters of this connection, those of prediction among them. */
    get stats(): {
        snapshots?: number | undefined;
        snapshotBytes?: number | undefined;
        sent?: number | undefined;
        desyncs?: number | undefined;
        starvedTicks?: number | undefined;
        predicted?: boolean | undefined;
        compared?: number | undefined;
        late?: number | undefined;
        touched?: number | undefined;
        unexplained?: number | undefined;
        corrected?: number | undefined;
        shotsConfirmed?: number | undefined;
        shotsWithdrawn?: number | undefined;
        bytesPerSecond: number;
        messagesPerSecond: number;
    };
}

export type { Players, View };
