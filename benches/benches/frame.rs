//! What a step costs in the codec: making the runs of 200 walkers once, splicing a frame for one client, reading it.

use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use snapline_shared::frame::{Eye, FrameSpec, FrameWriter, Mirror, Replica, Store, Wanted};
use snapline_shared::game::schema;
use snapline_shared::prelude::*;
use snapline_shared::schema::Schema;
use snapline_shared::tick::Step;
use snapline_swarm::{Swarm, Walker};

const WALKERS: u16 = 200;

/// The walkers at a step: all of them move, each turns now and then.
fn rows(schema: &Arc<Schema>, step: u32) -> Rows {
    let mut rows = Rows::new(schema.clone());
    for slot in 0..WALKERS {
        let heading = (step / 10 + u32::from(slot) * 7) as f32 * 0.1;
        let place = Vec2::new(libm::cosf(heading), libm::sinf(heading)) * step as f32 + f32::from(slot);
        rows.put(
            NetId { slot, generation: 0 },
            &Walker { place: place.rem_euclid(Vec2::splat(1000.0)), heading, hp: 100 },
        );
    }
    rows.finish();
    rows
}

/// A room's store and a client that is one step behind it.
fn one_step_behind(schema: &Arc<Schema>) -> (Store, Mirror, Replica, Vec<Wanted>) {
    let (mut store, mut mirror, mut replica) = (Store::new(schema.clone()), Mirror::default(), Replica::new(schema, 2));
    let wanted: Vec<Wanted> = (0..WALKERS).map(|slot| Wanted { slot, enters: true, priority: 0.0 }).collect();
    store.push_step(Step(1), &rows(schema, 1));
    let bytes = write(&store, &mut mirror, &wanted, &mut FrameWriter::new());
    assert!(replica.read(&bytes).is_ok());
    store.push_step(Step(2), &rows(schema, 2));
    (store, mirror, replica, wanted)
}

fn write(store: &Store, mirror: &mut Mirror, wanted: &[Wanted], writer: &mut FrameWriter) -> Vec<u8> {
    let eye = Eye { controls: Some(0), ..Eye::default() };
    let spec = FrameSpec { ticks_per_step: 2, input: Some(Tick(9)), slack: 1, wanted, own: None, eye, bytes_max: 4096 };
    let mut bytes = Vec::new();
    let stats = writer.write(store, mirror, &spec, |_| true, &mut bytes);
    assert!(stats.runs + stats.loads == usize::from(WALKERS) && bytes.len() > 200, "{stats:?}");
    bytes
}

fn frame(criterion: &mut Criterion) {
    let schema = Arc::new(schema::<Swarm>());
    let (store, mirror, replica, wanted) = one_step_behind(&schema);
    let mut writer = FrameWriter::new();

    let mut steps = Store::new(schema.clone());
    let worlds: Vec<Rows> = (0..64).map(|step| rows(&schema, step)).collect();
    let mut step = 0;
    criterion.bench_function("make the runs of 200 rows", |bencher| {
        bencher.iter(|| {
            steps.push_step(Step(step), &worlds[step as usize % worlds.len()]);
            step += 1;
        });
    });
    criterion.bench_function("splice a frame of 200 runs", |bencher| {
        bencher.iter_batched(
            || mirror.clone(),
            |mut mirror| write(&store, &mut mirror, &wanted, &mut writer),
            BatchSize::SmallInput,
        );
    });
    let bytes = write(&store, &mut mirror.clone(), &wanted, &mut writer);
    println!("the frame: {} bytes", bytes.len());
    criterion.bench_function("read a frame of 200 runs", |bencher| {
        let read = |mut replica: Replica| {
            assert!(replica.read(&bytes).is_ok_and(|info| info.step == Step(2)));
            replica
        };
        bencher.iter_batched(|| replica.clone(), read, BatchSize::SmallInput);
    });
}

criterion_group!(benches, frame);
criterion_main!(benches);
