//! What a tick of a whole room costs without sockets: inputs, step, rows, runs, interest, and a snapshot for every client at each step.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use snapline_arena::Arena;
use snapline_benches::crowd::Crowd;
use snapline_shared::game::Game;
use snapline_swarm::Swarm;

fn room<G: Game>(criterion: &mut Criterion, clients: usize, options: &[(&str, &str)]) {
    let mut group = criterion.benchmark_group(format!("two ticks of a room of {}, one of them a step", G::NAME));
    group.sample_size(20).throughput(Throughput::Elements(clients as u64));
    let mut crowd = Crowd::<G>::new(clients, options);
    let mut rounds = 0;
    let name =
        options.iter().fold(format!("{clients} clients"), |name, (option, value)| name + ", " + option + " " + value);
    group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
        bencher.iter(|| {
            rounds += 1;
            crowd.tick();
            crowd.tick();
        });
    });
    // A filter may have left it out.
    if rounds > 0 {
        let (rows, snapshots) = (crowd.rows().list().len(), crowd.snapshots);
        assert_eq!(snapshots, rounds * clients as u64, "every client gets every step");
        assert!(rows >= clients && crowd.bytes > 20 * snapshots, "{rows} rows, {} bytes", crowd.bytes);
        println!("{rows} rows, {} bytes a snapshot", crowd.bytes / snapshots);
    }
    group.finish();
}

fn rooms(criterion: &mut Criterion) {
    for (clients, view_radius) in [(50, "500"), (200, "500"), (500, "121"), (1000, "86")] {
        room::<Swarm>(criterion, clients, &[("view_radius", view_radius)]);
    }
    for clients in [50, 200, 500, 1000] {
        room::<Arena>(criterion, clients, &[]);
    }
}

criterion_group!(benches, rooms);
criterion_main!(benches);
