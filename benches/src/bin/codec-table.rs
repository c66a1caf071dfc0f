//! scratch
use snapline_benches::traces::*;
use snapline_shared::bits::*;
use snapline_shared::coder::*;
use std::path::Path;
fn train(t: &Trace, strides: &[usize]) -> String {
    let mut counts = None;
    for &s in strides {
        let t = t.strided(s);
        let mut coder = RowCoder::new(&t.schema_with(""), t.rates).unwrap();
        coder.count(counts.take());
        pass(&t, &mut coder, true);
        counts = coder.counts();
    }
    let c = RowCoder::new(&t.schema_with(""), t.rates).unwrap();
    c.trained(&counts.unwrap())
}
struct Out {
    modes: std::collections::BTreeMap<u8, (u64, u64)>,
    bits: u64,
    woken: u64,
    awake: u64,
    births: u64,
    loads: u64,
    loadn: u64,
    n: u64,
    rows: u64,
}
fn pass(t: &Trace, coder: &mut RowCoder, loads: bool) -> Out {
    let mut st: std::collections::BTreeMap<(u16, u8), RowState> = Default::default();
    let mut o =
        Out { modes: Default::default(), bits: 0, woken: 0, awake: 0, births: 0, loads: 0, loadn: 0, n: 0, rows: 0 };
    let mut w = BitWriter::new();
    let mut l = BitWriter::new();
    for (i, f) in t.frames.iter().enumerate() {
        let mut seen = std::collections::BTreeSet::new();
        w.clear();
        let (mut woke, mut asleep) = (0u64, 0u64);
        for r in f {
            seen.insert((r.slot, r.kind));
            o.rows += 1;
            match st.get_mut(&(r.slot, r.kind)) {
                Some(s) => {
                    let before = s.awake;
                    let b0 = w.len_bits();
                    let run = coder.run(s, &r.words, &mut w);
                    if run != Run::None {
                        let e = o.modes.entry(s.mode()).or_insert((0u64, 0u64));
                        e.0 += 1;
                        e.1 += (w.len_bits() - b0) as u64;
                    }
                    if !before {
                        asleep += 1;
                    }
                    if run == Run::Woken {
                        woke += 1;
                    }
                    if run != Run::None {
                        o.awake += 1;
                    }
                }
                None => {
                    let mut s = RowState::default();
                    coder.birth(r.kind, &r.words, &mut s);
                    st.insert((r.slot, r.kind), s);
                    o.births += 1;
                }
            }
            if loads && (i * 7 + r.slot as usize) % 37 == 0 {
                let s = &st[&(r.slot, r.kind)];
                l.clear();
                coder.load(s, &mut l);
                o.loads += l.len_bits() as u64;
                o.loadn += 1;
                coder.count_load(s);
            }
        }
        st.retain(|k, _| seen.contains(k));
        if i > 0 {
            o.bits += w.len_bits() as u64;
            o.n += 1;
            o.woken += woke;
            let _ = asleep;
        }
    }
    o
}
fn main() {
    let d = "/work/shared/traces/";
    let which = std::env::args().nth(1).unwrap_or("cubes".into());
    if which == "swarm" {
        for (n, p, hz) in [("w1", 100, 20), ("w3", 10, 30)] {
            for st in [Steer::Turning, Steer::Wandering] {
                let a = swarm(p, hz, st, 1200, 1);
                let tr = swarm(p, hz, st, 1200, 2);
                let t = train(&tr, &[1]);
                for (nn, t) in [("formula", ""), ("trained", &t)] {
                    let mut c = RowCoder::new(&a.schema_with(t), a.rates).unwrap();
                    let o = pass(&a, &mut c, true);
                    println!(
                        "{n} {st:?} {nn} runs {:.1} B awake {:.1} ({:.1} bits) woken {:.1} load {:.1}",
                        o.bits as f64 / 8.0 / o.n as f64,
                        o.awake as f64 / o.n as f64,
                        o.bits as f64 / o.awake as f64,
                        o.woken as f64 / o.n as f64,
                        o.loads as f64 / o.loadn as f64
                    );
                    println!(
                        "   {:?}",
                        o.modes
                            .iter()
                            .map(|(m, (c, b))| format!(
                                "{m}: {:.2} x {:.1}",
                                *c as f64 / o.n as f64,
                                *b as f64 / *c as f64
                            ))
                            .collect::<Vec<_>>()
                    );
                }
            }
        }
        return;
    }
    let (a, tr) = if which == "cubes" {
        (
            cubes(Path::new(&format!("{d}cubes-a.bin.zst"))).unwrap(),
            cubes(Path::new(&format!("{d}cubes-train.bin.zst"))).unwrap(),
        )
    } else {
        (
            arena(Path::new(&format!("{d}arena-a.bin.zst"))).unwrap(),
            arena(Path::new(&format!("{d}arena-train.bin.zst"))).unwrap(),
        )
    };
    let strides: &[usize] = if which == "cubes" { &[1, 2, 3, 6] } else { &[1, 2, 3] };
    let all = train(&tr, strides);
    println!("tables {} bytes", all.len());
    for &s in strides {
        let one = train(&tr.strided(s), &[1]);
        let selft = train(&a.strided(s), &[1]);
        for (n, t) in [("formula", ""), ("trained all", &all), ("trained one", &one), ("self", &selft)] {
            let mut c = RowCoder::new(&a.schema_with(t), a.strided(s).rates).unwrap();
            let o = pass(&a.strided(s), &mut c, true);
            if n == "trained one" {
                println!(
                    "{:?}",
                    o.modes
                        .iter()
                        .map(|(m, (c, b))| format!("{m}: {:.2} x {:.1}", *c as f64 / o.n as f64, *b as f64 / *c as f64))
                        .collect::<Vec<_>>()
                );
            }
            println!(
                "stride {s} {n:12} runs {:.1} B, awake {:.1} of {:.1} ({:.1} bits), woken {:.1}, births {:.1}, load {:.1} bits",
                o.bits as f64 / 8.0 / o.n as f64,
                o.awake as f64 / o.n as f64,
                o.rows as f64 / o.n as f64,
                o.bits as f64 / o.awake as f64,
                o.woken as f64 / o.n as f64,
                o.births as f64 / o.n as f64,
                o.loads as f64 / o.loadn.max(1) as f64
            );
        }
    }
}
