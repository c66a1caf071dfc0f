/* @ts-self-types="./snapline_wasm.d.ts" */

/**
 * A connection's client side: give it what arrives, send what it transmits, draw what it draws.
 */
export class Client {
    static __wrap(ptr) {
        const obj = Object.create(Client.prototype);
        obj.__wbg_ptr = ptr;
        ClientFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        ClientFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_client_free(ptr, 0);
    }
    /**
     * Queues a line of chat.
     * @param {string} text
     */
    chat(text) {
        const ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        wasm.client_chat(this.__wbg_ptr, ptr0, len0);
    }
    /**
     * The socket is lost: nothing is to be sent until the next one is open.
     */
    close() {
        wasm.client_close(this.__wbg_ptr);
    }
    /**
     * Brings the world to `now_us`; the getters below tell where it lies in memory until the next call.
     * @param {number} now_us
     */
    draw(now_us) {
        wasm.client_draw(this.__wbg_ptr, now_us);
    }
    /**
     * Nothing passes the link for `for_ms` (at most 10,000), in either direction; then all of it at once. Call `pump` as with `setLink`.
     * @param {number} now_us
     * @param {number} for_ms
     */
    freeze(now_us, for_ms) {
        wasm.client_freeze(this.__wbg_ptr, now_us, for_ms);
    }
    /**
     * A message has arrived.
     *
     * # Errors
     * When the client cannot go on; the words say why and the socket is to be closed.
     * @param {number} now_us
     * @param {Uint8Array | number[]} bytes
     */
    message(now_us, bytes) {
        const val2 = +now_us;
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.client_message(this.__wbg_ptr, val2, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Name of the map without which nothing is predicted; its bytes are at `/maps/NAME`.
     * @returns {string | undefined}
     */
    get needsMap() {
        const ret = wasm.client_needsMap(this.__wbg_ptr);
        let v1;
        if (ret[0] !== 0) {
            v1 = getStringFromWasm0(ret[0], ret[1]);
            wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        }
        return v1;
    }
    /**
     * When `update` has something to do next; undefined before Welcome.
     * @returns {number | undefined}
     */
    nextUpdate() {
        const ret = wasm.client_nextUpdate(this.__wbg_ptr);
        return ret[0] === 0 ? undefined : ret[1];
    }
    /**
     * A socket is open: queues Hello, with the resume token if there is one. The world stays as it was until Welcome.
     * @param {number} now_us
     * @param {string} name
     * @param {boolean} bot
     */
    open(now_us, name, bot) {
        const val2 = +now_us;
        const val3 = +bot;
        const ptr0 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        wasm.client_open(this.__wbg_ptr, val2, ptr0, len0, val3);
    }
    /**
     * The own state as its numbers in schema order: predicted up to the newest input, exact and without any fading, or as last received by a
     * client that does not predict. Undefined before the first snapshot.
     * @returns {Float64Array | undefined}
     */
    ownNumbers() {
        const ret = wasm.client_ownNumbers(this.__wbg_ptr);
        let v1;
        if (ret[0] !== 0) {
            v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
            wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        }
        return v1;
    }
    /**
     * Index of the row that this player steers; -1: none.
     * @returns {number}
     */
    get own() {
        const ret = wasm.client_own(this.__wbg_ptr);
        return ret;
    }
    /**
     * Centre of the view when nothing is steered.
     * @returns {number}
     */
    get placeX() {
        const ret = wasm.client_placeX(this.__wbg_ptr);
        return ret;
    }
    /**
     * Centre of the view when nothing is steered.
     * @returns {number}
     */
    get placeY() {
        const ret = wasm.client_placeY(this.__wbg_ptr);
        return ret;
    }
    /**
     * What the next snapshot that has not been polled brought; undefined when there is none.
     * @returns {ClientArrival | undefined}
     */
    pollArrival() {
        const ret = wasm.client_pollArrival(this.__wbg_ptr);
        return ret;
    }
    /**
     * The next thing that happened, as a plain object.
     * @returns {ClientEvent | undefined}
     */
    pollEvent() {
        const ret = wasm.client_pollEvent(this.__wbg_ptr);
        return ret;
    }
    /**
     * Bits that rows have taken since Welcome, by kind and field, in schema order; undefined before it.
     * @returns {KindBits[] | undefined}
     */
    profile() {
        const ret = wasm.client_profile(this.__wbg_ptr);
        return ret;
    }
    /**
     * Takes what has come through the simulated link by now.
     *
     * # Errors
     * As `message`.
     * @param {number} now_us
     */
    pump(now_us) {
        const ret = wasm.client_pump(this.__wbg_ptr, now_us);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Half the side of what can be seen.
     * @returns {number}
     */
    get radius() {
        const ret = wasm.client_radius(this.__wbg_ptr);
        return ret;
    }
    /**
     * Where the newest snapshot has the rows of the last `draw`, two numbers each; NaN: it has not.
     * @returns {Float32Array}
     */
    rawPlaces() {
        const ret = wasm.client_rawPlaces(this.__wbg_ptr);
        var v1 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * Queues a request of the kind called `kind`, given as its numbers in schema order, and gives the number that its reply will carry.
     *
     * # Errors
     * When the game takes no such request, or before Welcome.
     * @param {string} kind
     * @param {Float64Array | number[]} numbers
     * @returns {number}
     */
    request(kind, numbers) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passStringToWasm0(kind, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArrayF64ToWasm0(numbers, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 8, 8); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.client_request(this.__wbg_ptr, ptr0, len0, ptr1, len1);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return ret[0] >>> 0;
    }
    /**
     * What takes the next `open` back to this client's seat; a secret. Undefined before Welcome, and where the server keeps no seats.
     * @returns {string | undefined}
     */
    get resumeToken() {
        const ret = wasm.client_resumeToken(this.__wbg_ptr);
        let v1;
        if (ret[0] !== 0) {
            v1 = getStringFromWasm0(ret[0], ret[1]);
            wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        }
        return v1;
    }
    /**
     * How many rows there are.
     * @returns {number}
     */
    get rowCount() {
        const ret = wasm.client_rowCount(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Address of the rows: four u32 each (slot, generation, kind + 256 when held, index of the first number).
     * @returns {number}
     */
    get rowsAt() {
        const ret = wasm.client_rowsAt(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Sets one number of the input held from now on: component `component` of the lane called `name`.
     *
     * # Errors
     * When the game's input has no such lane.
     * @param {string} name
     * @param {number} component
     * @param {number} value
     */
    setInputLane(name, component, value) {
        const val2 = +component;
        const val3 = +value;
        const ptr0 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.client_setInputLane(this.__wbg_ptr, ptr0, len0, val2, val3);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * The input held from now on, as words of the schema's input kind.
     * @param {Uint32Array | number[]} words
     */
    setInput(words) {
        const ptr0 = passArray32ToWasm0(words, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        wasm.client_setInput(this.__wbg_ptr, ptr0, len0);
    }
    /**
     * Whether others are drawn between snapshots (so it begins), or as the newest one has them.
     * @param {boolean} on
     */
    setInterpolation(on) {
        wasm.client_setInterpolation(this.__wbg_ptr, on);
    }
    /**
     * Puts the link with that name (`lan`, `wifi`, `4g`, `hotel`, `satellite`) in between, as `setLink` does.
     *
     * # Errors
     * When there is none of that name.
     * @param {string} name
     */
    setLinkPreset(name) {
        const ptr0 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.client_setLinkPreset(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Puts a simulated link between the socket and this client, either way: `delay_ms` and up to `jitter_ms` more, `loss_per_mille` of the messages
     * are late by `stall_ms`, with all behind them, and `bytes_per_s` pass at most (0: any number). All 0: none. Call `pump` every few milliseconds
     * then.
     *
     * # Errors
     * When a time is over 10,000 ms or the loss over 1,000 in a thousand.
     * @param {number} delay_ms
     * @param {number} jitter_ms
     * @param {number} loss_per_mille
     * @param {number} stall_ms
     * @param {number} bytes_per_s
     */
    setLink(delay_ms, jitter_ms, loss_per_mille, stall_ms, bytes_per_s) {
        const ret = wasm.client_setLink(this.__wbg_ptr, delay_ms, jitter_ms, loss_per_mille, stall_ms, bytes_per_s);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Takes the bytes of the room's map; those of another map change nothing.
     *
     * # Errors
     * When the game can make nothing of them.
     * @param {Uint8Array | number[]} bytes
     */
    setMap(bytes) {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.client_setMap(this.__wbg_ptr, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Whether the own entity is drawn where it is predicted; else where the server last had it. Inputs and the own state go on as before.
     * @param {boolean} on
     */
    setPrediction(on) {
        wasm.client_setPrediction(this.__wbg_ptr, on);
    }
    /**
     * The next `open` comes with this token; undefined: with none, as somebody new.
     * @param {string | null} [token]
     */
    setResumeToken(token) {
        var ptr0 = isLikeNone(token) ? 0 : passStringToWasm0(token, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        var len0 = WASM_VECTOR_LEN;
        wasm.client_setResumeToken(this.__wbg_ptr, ptr0, len0);
    }
    /**
     * Tells the server whether anybody looks.
     * @param {boolean} visible
     */
    setVisible(visible) {
        wasm.client_setVisible(this.__wbg_ptr, visible);
    }
    /**
     * Counters of the session; those of prediction are 0 where there is none.
     * @returns {ClientStats}
     */
    stats() {
        const ret = wasm.client_stats(this.__wbg_ptr);
        return ret;
    }
    /**
     * Tick that is drawn, with its fraction.
     * @returns {number}
     */
    get tick() {
        const ret = wasm.client_tick(this.__wbg_ptr);
        return ret;
    }
    /**
     * The next message to send.
     * @returns {Uint8Array<ArrayBuffer> | undefined}
     */
    transmit() {
        const ret = wasm.client_transmit(this.__wbg_ptr);
        return ret;
    }
    /**
     * Queues inputs for the ticks that have become due; at each animation frame.
     *
     * # Errors
     * As `message`.
     * @param {number} now_us
     */
    update(now_us) {
        const ret = wasm.client_update(this.__wbg_ptr, now_us);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * How many numbers there are.
     * @returns {number}
     */
    get valueCount() {
        const ret = wasm.client_valueCount(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Address of the numbers of all rows, f32 each: one for each component of each field, in schema order.
     * @returns {number}
     */
    get valuesAt() {
        const ret = wasm.client_valuesAt(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Who we are and what is simulated here; undefined before Welcome.
     * @returns {WelcomeEvent | undefined}
     */
    welcome() {
        const ret = wasm.client_welcome(this.__wbg_ptr);
        return ret;
    }
}
if (Symbol.dispose) Client.prototype[Symbol.dispose] = Client.prototype.free;

/**
 * One ship's motion alone, for the golden vectors.
 */
export class GoldenMotion {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        GoldenMotionFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_goldenmotion_free(ptr, 0);
    }
    /**
     * One tick with an input given as its words; gives those of the own state after it.
     * @param {Uint32Array | number[]} input
     * @returns {Uint32Array}
     */
    advance(input) {
        const ptr0 = passArray32ToWasm0(input, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.goldenmotion_advance(this.__wbg_ptr, ptr0, len0);
        var v2 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v2;
    }
    /**
     * Begins from an own state given as its words.
     *
     * # Errors
     * When the game cannot run at that rate.
     * @param {number} tick_hz
     * @param {number} ticks_per_step
     * @param {Uint32Array | number[]} own
     */
    constructor(tick_hz, ticks_per_step, own) {
        const val2 = +tick_hz;
        const val3 = +ticks_per_step;
        const ptr0 = passArray32ToWasm0(own, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.goldenmotion_new(val2, val3, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        GoldenMotionFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
}
if (Symbol.dispose) GoldenMotion.prototype[Symbol.dispose] = GoldenMotion.prototype.free;

/**
 * A client that predicts the own ship.
 * @returns {Client}
 */
export function predicted() {
    const ret = wasm.predicted();
    return Client.__wrap(ret);
}

/**
 * Makes a panic say on the console what happened and where; the call that panicked throws.
 */
export function start() {
    wasm.start();
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg_Error_208446807d0d1e30: function(arg0, arg1) {
            const ret = Error(getStringFromWasm0(arg0, arg1));
            return ret;
        },
        __wbg___wbindgen_throw_4c88d8bf264fd984: function(arg0, arg1) {
            throw new Error(getStringFromWasm0(arg0, arg1));
        },
        __wbg_error_c6d58f5ea90d722f: function(arg0, arg1) {
            console.error(getStringFromWasm0(arg0, arg1));
        },
        __wbg_new_37eb45aaf5eeb820: function() {
            const ret = new Array();
            return ret;
        },
        __wbg_new_cd4348290afae586: function() {
            const ret = new Object();
            return ret;
        },
        __wbg_new_from_slice_aaf85a9746711968: function(arg0, arg1) {
            const ret = new Float64Array(getArrayF64FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_from_slice_b8daf545a41c6aa0: function(arg0, arg1) {
            const ret = new Uint8Array(getArrayU8FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_of_e7ea0fcd535c1444: function(arg0, arg1) {
            const ret = Array.of(arg0, arg1);
            return ret;
        },
        __wbg_push_c9f4893fc209f768: function(arg0, arg1) {
            const ret = arg0.push(arg1);
            return ret;
        },
        __wbg_set_2793479888329cb6: function() { return handleError(function (arg0, arg1, arg2) {
            const ret = Reflect.set(arg0, arg1, arg2);
            return ret;
        }, arguments); },
        __wbindgen_generic_0000000000000001: function(arg0) {
            // Cast intrinsic for `F64 -> Externref`.
            const ret = arg0;
            return ret;
        },
        __wbindgen_generic_0000000000000002: function(arg0, arg1) {
            // Cast intrinsic for `Ref(String) -> Externref`.
            const ret = getStringFromWasm0(arg0, arg1);
            return ret;
        },
        __wbindgen_init_externref_table: function() {
            const table = wasm.__wbindgen_externrefs;
            table.set(0, undefined);
            table.set(1024, undefined);
            table.set(1025, null);
            table.set(1026, true);
            table.set(1027, false);
        },
    };
    return {
        __proto__: null,
        "./snapline_wasm_bg.js": import0,
    };
}

const ClientFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_client_free(ptr, 1));
const GoldenMotionFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_goldenmotion_free(ptr, 1));

function addToExternrefTable0(obj) {
    const idx = wasm.__externref_table_alloc();
    wasm.__wbindgen_externrefs.set(idx, obj);
    return idx;
}

function getArrayF32FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getFloat32ArrayMemory0().subarray(ptr / 4, ptr / 4 + len);
}

function getArrayF64FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getFloat64ArrayMemory0().subarray(ptr / 8, ptr / 8 + len);
}

function getArrayU32FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint32ArrayMemory0().subarray(ptr / 4, ptr / 4 + len);
}

function getArrayU8FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint8ArrayMemory0().subarray(ptr / 1, ptr / 1 + len);
}

let cachedFloat32ArrayMemory0 = null;
function getFloat32ArrayMemory0() {
    if (cachedFloat32ArrayMemory0 === null || cachedFloat32ArrayMemory0.byteLength === 0) {
        cachedFloat32ArrayMemory0 = new Float32Array(wasm.memory.buffer);
    }
    return cachedFloat32ArrayMemory0;
}

let cachedFloat64ArrayMemory0 = null;
function getFloat64ArrayMemory0() {
    if (cachedFloat64ArrayMemory0 === null || cachedFloat64ArrayMemory0.byteLength === 0) {
        cachedFloat64ArrayMemory0 = new Float64Array(wasm.memory.buffer);
    }
    return cachedFloat64ArrayMemory0;
}

function getStringFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len));
}

let cachedUint32ArrayMemory0 = null;
function getUint32ArrayMemory0() {
    if (cachedUint32ArrayMemory0 === null || cachedUint32ArrayMemory0.byteLength === 0) {
        cachedUint32ArrayMemory0 = new Uint32Array(wasm.memory.buffer);
    }
    return cachedUint32ArrayMemory0;
}

let cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
    if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
        cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
    }
    return cachedUint8ArrayMemory0;
}

function handleError(f, args) {
    try {
        return f.apply(this, args);
    } catch (e) {
        const idx = addToExternrefTable0(e);
        wasm.__wbindgen_exn_store(idx);
    }
}

function isLikeNone(x) {
    return x === undefined || x === null;
}

function passArray32ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 4, 4) >>> 0;
    getUint32ArrayMemory0().set(arg, ptr / 4);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArray8ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 1, 1) >>> 0;
    getUint8ArrayMemory0().set(arg, ptr / 1);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArrayF64ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 8, 8) >>> 0;
    getFloat64ArrayMemory0().set(arg, ptr / 8);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passStringToWasm0(arg, malloc, realloc) {
    if (realloc === undefined) {
        const buf = cachedTextEncoder.encode(arg);
        const ptr = malloc(buf.length, 1) >>> 0;
        getUint8ArrayMemory0().subarray(ptr, ptr + buf.length).set(buf);
        WASM_VECTOR_LEN = buf.length;
        return ptr;
    }

    let len = arg.length;
    let ptr = malloc(len, 1) >>> 0;

    const mem = getUint8ArrayMemory0();

    let offset = 0;

    for (; offset < len; offset++) {
        const code = arg.charCodeAt(offset);
        if (code > 0x7F) break;
        mem[ptr + offset] = code;
    }
    if (offset !== len) {
        if (offset !== 0) {
            arg = arg.slice(offset);
        }
        ptr = realloc(ptr, len, len = offset + arg.length * 3, 1) >>> 0;
        const view = getUint8ArrayMemory0().subarray(ptr + offset, ptr + len);
        const ret = cachedTextEncoder.encodeInto(arg, view);

        offset += ret.written;
        ptr = realloc(ptr, len, offset, 1) >>> 0;
    }

    WASM_VECTOR_LEN = offset;
    return ptr;
}

function takeFromExternrefTable0(idx) {
    const value = wasm.__wbindgen_externrefs.get(idx);
    wasm.__externref_table_dealloc(idx);
    return value;
}

let cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
cachedTextDecoder.decode();
const MAX_SAFARI_DECODE_BYTES = 2146435072;
let numBytesDecoded = 0;
function decodeText(bytes) {
    numBytesDecoded += bytes.length;
    if (numBytesDecoded >= MAX_SAFARI_DECODE_BYTES) {
        cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
        cachedTextDecoder.decode();
        numBytesDecoded = bytes.length;
    }
    return cachedTextDecoder.decode(bytes);
}

const cachedTextEncoder = new TextEncoder();

if (!('encodeInto' in cachedTextEncoder)) {
    cachedTextEncoder.encodeInto = function (arg, view) {
        const buf = cachedTextEncoder.encode(arg);
        view.set(buf);
        return {
            read: arg.length,
            written: buf.length
        };
    };
}

let WASM_VECTOR_LEN = 0;

let wasmModule, wasmInstance, wasm;
function __wbg_finalize_init(instance, module) {
    wasmInstance = instance;
    wasm = instance.exports;
    wasmModule = module;
    cachedFloat32ArrayMemory0 = null;
    cachedFloat64ArrayMemory0 = null;
    cachedUint32ArrayMemory0 = null;
    cachedUint8ArrayMemory0 = null;
    wasm.__wbindgen_start();
    return wasm;
}

async function __wbg_load(module, imports) {
    if (typeof Response === 'function' && module instanceof Response) {
        if (!module.ok) {
            throw new Error(`failed to fetch Wasm: ${module.status} ${module.statusText} fetching '${module.url}'`);
        }

        if (typeof WebAssembly.instantiateStreaming === 'function') {
            try {
                return await WebAssembly.instantiateStreaming(module, imports);
            } catch (e) {
                const validResponse = expectedResponseType(module.type);

                if (validResponse && module.headers.get('Content-Type') !== 'application/wasm') {
                    console.warn("`WebAssembly.instantiateStreaming` failed because your server does not serve Wasm with `application/wasm` MIME type. Falling back to `WebAssembly.instantiate` which is slower. Original error:\n", e);

                } else { throw e; }
            }
        }

        const bytes = await module.arrayBuffer();
        return await WebAssembly.instantiate(bytes, imports);
    } else {
        const instance = await WebAssembly.instantiate(module, imports);

        if (instance instanceof WebAssembly.Instance) {
            return { instance, module };
        } else {
            return instance;
        }
    }

    function expectedResponseType(type) {
        switch (type) {
            case 'basic': case 'cors': case 'default': return true;
        }
        return false;
    }
}

function initSync(module) {
    if (wasm !== undefined) return wasm;


    if (module !== undefined) {
        if (Object.getPrototypeOf(module) === Object.prototype) {
            ({module} = module)
        } else {
            console.warn('using deprecated parameters for `initSync()`; pass a single object instead')
        }
    }

    const imports = __wbg_get_imports();
    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
    const instance = new WebAssembly.Instance(module, imports);
    return __wbg_finalize_init(instance, module);
}

let __wbg_init_promise;
async function __wbg_init(module_or_path) {
    if (wasm !== undefined) return wasm;
    if (__wbg_init_promise === undefined) {
        __wbg_init_promise = __wbg_init_once(module_or_path);
        __wbg_init_promise.catch(() => { __wbg_init_promise = undefined; });
    }
    return __wbg_init_promise;
}

async function __wbg_init_once(module_or_path) {

    if (module_or_path !== undefined) {
        if (Object.getPrototypeOf(module_or_path) === Object.prototype) {
            ({module_or_path} = module_or_path)
        } else {
            console.warn('using deprecated parameters for the initialization function; pass a single object instead')
        }
    }

    if (module_or_path === undefined) {
        module_or_path = new URL('snapline_wasm_bg.wasm', import.meta.url);
    }
    const imports = __wbg_get_imports();

    if (typeof module_or_path === 'string' || (typeof Request === 'function' && module_or_path instanceof Request) || (typeof URL === 'function' && module_or_path instanceof URL)) {
        module_or_path = fetch(module_or_path);
    }

    const { instance, module } = await __wbg_load(await module_or_path, imports);

    return __wbg_finalize_init(instance, module);
}

export { initSync, __wbg_init as default };
