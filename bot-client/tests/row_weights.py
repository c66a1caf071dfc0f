"""Weights of formula codes: section 8.4.1 of shared/PROTOCOL.md."""

import math

def sizes(symbol):
    """The least size that a residual's symbol stands for, and how many."""
    if symbol < 15:
        return (symbol + 1) // 2, 1
    half = 1 << ((symbol - 15) // 4 + 2)
    return (2 + (symbol - 15) // 2 % 2) * half, half

def bell(symbol, scale):
    least, count = sizes(symbol)
    below = scale**2 + (least + count // 2) ** 2
    return (count << 32) * scale**4 // below**2

def noise(symbols, symbol):
    """Two values that have nothing to do with one another."""
    (least, count), whole = sizes(symbol), sum(sizes(symbols - 1)) // 2
    return count * max(whole - least - count // 2, whole // 64) + (whole**2 // 256 if least < 8 else 0)

def mixed(weights, noises):
    return [weight + noise * sum(weights) // (4 * sum(noises)) for weight, noise in zip(weights, noises)]

def or_nothing(weights, times, over):
    """Symbol 0 weighs so many times all others."""
    return [sum(weights[1:]) * times // over, *weights[1:]]

PAIRS = {(0, 0): 0, (0, 1): 286, (1, 1): 64, (0, 2): 14, (1, 2): 6, (2, 2): 6}

def modes_after(last, has_rest, symbols):
    groups, rest = symbols.bit_length() - 1, symbols >> has_rest
    weights = []
    for mode in range(symbols):
        weight = 1
        for bit in range(groups):
            chance = ((40, 222), (6, 38))[1 << bit == rest][last >> bit & 1]
            weight *= chance if mode >> bit & 1 else 256 - chance
        weights.append(weight)
    weights[0] += 256 ** (groups - 1) * (87 if (last & (rest - 1)).bit_count() < 2 else 3)
    return weights

def weights_of(formula, symbols):
    (what, *parts), every = formula, range(symbols)
    if what == "mode" and parts[0] == "new":
        return [64 >> min(mode.bit_count(), 6) for mode in every]
    if what == "mode" and parts[0] == 0:
        return [4096 >> min(3 * mode.bit_count(), 12) if mode else 0 for mode in every]
    if what == "mode":
        return modes_after(*parts, symbols)
    if what == "mask":
        return [4096 >> min(2 * symbol.bit_count(), 12) for symbol in every]
    if what == "pair":
        larger = (320, 200, 650, 5000)[min(parts[0], 3)]
        return [PAIRS[tuple(sorted((abs(symbol // 5 - 2), abs(symbol % 5 - 2))))] for symbol in range(25)] + [larger]
    if what in ("residual", "alone", "beyond") and (parts[0] == 11 or 15 + 4 * (parts[0] + 1) >= symbols):
        return [noise(symbols, symbol) for symbol in every]
    if what == "residual":
        wide = (100 << parts[0]) * (48, 69, 100, 144, 208)[parts[1]] // 10000
        return [bell(symbol, wide * 5 // 6 + 1) for symbol in every]
    if what == "alone":
        bells = [bell(symbol, (1 << parts[0]) // 3 + 4) if symbol else 0 for symbol in every]
        return mixed(bells, [noise(symbols, symbol) for symbol in every])
    if what == "beyond":
        return [bell(symbol, (1 << parts[0]) * 2 // 5 + 18) * (1 if symbol else 8) for symbol in every]
    if what == "even":
        return [1] * symbols
    if what == "off":
        return [math.isqrt(sizes(symbol)[1]) * 16 + 8 for symbol in every]
    if what == "change":
        return [math.isqrt(sizes(symbol)[1]) * 16 + 8 if symbol else 0 for symbol in every]
    if what == "value":
        return or_nothing([math.isqrt(sizes(symbol)[1]) * 16 + 8 for symbol in every], 3, 5)
    if what == "wide":
        return or_nothing([16 + 600 // max(sizes(symbol)[0], 1) for symbol in every], 6, 5)
    return or_nothing([200 if symbol % 2 else 1000 for symbol in every], 7, 5)
