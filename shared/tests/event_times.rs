//! Events are shown when the drawn world reaches their ticks, once each and in order, and no jump of the drawn world loses one.

use std::sync::Arc;

use snapline_shared::client::{Drawn, Session, SessionEvent};
use snapline_shared::coder::Rates;
use snapline_shared::events::{Audience, Event};
use snapline_shared::frame::{Eye, FrameSpec, FrameWriter, Mirror, Store};
use snapline_shared::message::{ServerMessage, Welcome};
use snapline_shared::prelude::*;
use snapline_shared::rows::Rows;
use snapline_shared::schema::Schema;
use snapline_shared::tick::Step;

wire! { struct Bang { number: u16 => Snap Uint { bits: 16 } } }

const MS: u64 = 1000;
/// Every message is on its way for so long.
const WAY_US: u64 = 20 * MS;

/// A room without rows in which something bangs in every tick, and a client of it.
struct Stage {
    schema: Arc<Schema>,
    store: Store,
    mirror: Mirror,
    writer: FrameWriter,
    session: Session,
    now_us: u64,
    /// The room's newest tick. Tick n is run n ticks after zero and `stood_us`.
    tick: u32,
    stood_us: u64,
    /// Whether snapshots are made, and whether frames are drawn.
    sends: bool,
    draws: bool,
    /// Ticks of the events, and the tick that was drawn when each was told.
    told: Vec<(u32, f64)>,
    drawn: Drawn,
}

impl Stage {
    fn new() -> Self {
        let (nothing, empty) = (<()>::KIND, || vec![].into());
        let schema = Arc::new(Schema {
            game: "bangs".into(),
            entities: empty(),
            events: vec![Bang::KIND].into(),
            requests: empty(),
            input: nothing.clone(),
            own: nothing,
            tables: "".into(),
        });
        let mut session = Session::new(schema.clone());
        session.handle_open(0, "eye", false);
        let mut welcome = Vec::new();
        ServerMessage::Welcome(Welcome { tick_hz: 60, ticks_per_step: 2, ..Welcome::default() }).encode(&mut welcome);
        session.handle_message(WAY_US, &welcome).expect("a Welcome");
        Self {
            store: Store::new(schema.clone(), Rates { tick_hz: 60, ticks_per_step: 2 }).expect("no tables"),
            mirror: Mirror::default(),
            writer: FrameWriter::new(),
            schema,
            session,
            now_us: WAY_US,
            tick: 0,
            stood_us: 0,
            sends: true,
            draws: true,
            told: Vec::new(),
            drawn: Drawn::default(),
        }
    }

    /// Frames of four milliseconds for so long.
    fn run(&mut self, ms: u64) {
        let until_us = self.now_us + ms * MS;
        while self.now_us < until_us {
            self.now_us += 4 * MS;
            while (u64::from(self.tick) + 1) * 1_000_000 / 60 + self.stood_us + WAY_US <= self.now_us {
                self.run_tick();
            }
            if self.draws {
                self.session.update(self.now_us);
                self.look();
            }
        }
    }

    /// The room stands still for so long, and the ticks of that time never are.
    fn stand_still(&mut self, ms: u64) {
        self.stood_us += ms * MS;
        self.run(ms);
    }

    fn run_tick(&mut self) {
        self.tick += 1;
        let bang = Event { audience: Audience::All, kind: 0, words: vec![self.tick & 0xffff] };
        self.store.push_events(Tick(self.tick), &[bang]);
        if !self.tick.is_multiple_of(2) {
            return;
        }
        let mut rows = Rows::new(self.schema.clone());
        rows.finish();
        self.store.push_step(Step(self.tick / 2), &rows);
        if !self.sends {
            return;
        }
        let eye = Eye::default();
        let spec = FrameSpec { ticks_per_step: 2, input: None, slack: 0, wanted: &[], own: None, eye, bytes_max: 999 };
        let mut bytes = Vec::new();
        self.writer.write(&self.store, &mut self.mirror, &spec, |_| true, &mut bytes);
        self.session.handle_message(self.now_us, &bytes).expect("a frame");
        self.look();
    }

    fn look(&mut self) {
        while self.session.poll_transmit().is_some() {}
        self.session.draw(self.now_us, &mut self.drawn);
        while let Some(event) = self.session.poll_event() {
            if let SessionEvent::Game { tick, words, .. } = event {
                assert_eq!(words, [tick.0]);
                self.told.push((tick.0, self.drawn.tick));
            }
        }
    }

    /// The events told since `from`, which must be all of them up to the newest, in order and once each.
    fn all_after(&self, from: u32) -> &[(u32, f64)] {
        let at = self.told.iter().position(|(tick, _)| *tick > from).unwrap_or(self.told.len());
        let told = &self.told[at..];
        assert!(told.iter().zip(from + 1..).all(|((tick, _), expected)| *tick == expected), "{told:?} after {from}");
        told
    }

    fn newest(&self) -> u32 {
        self.told.last().map_or(0, |(tick, _)| *tick)
    }
}

#[test]
fn an_event_is_told_when_its_tick_is_drawn() {
    let mut stage = Stage::new();
    stage.run(3000);
    let told = stage.all_after(60);
    assert!(told.len() > 110, "{}", told.len());
    // A frame is a quarter of a tick.
    assert!(told.iter().all(|(tick, drawn)| (0.0..0.5).contains(&(drawn - f64::from(*tick)))), "{told:?}");
}

#[test]
fn what_happened_in_a_gap_is_told_at_once_when_the_timeline_jumps_over_it() {
    let mut stage = Stage::new();
    stage.run(3000);
    let before = stage.newest();
    stage.sends = false;
    stage.run(800);
    assert!(stage.newest() < before + 8, "nothing is known of what comes");
    stage.sends = true;
    stage.run(100);
    // All 48 ticks of the gap, and what has come since.
    let told = stage.all_after(before);
    assert!(told.len() > 44, "{} told after {before}", told.len());
    stage.run(1000);
    let told = stage.all_after(before + 60);
    assert!(
        told.len() > 40 && told.iter().all(|(tick, drawn)| (0.0..1.1).contains(&(drawn - f64::from(*tick)))),
        "{told:?}"
    );
}

#[test]
fn nothing_is_lost_or_told_twice_when_the_room_stood_still_and_the_timeline_goes_back() {
    let mut stage = Stage::new();
    stage.run(3000);
    let before = stage.newest();
    stage.stand_still(1000);
    stage.run(4000);
    let told = stage.all_after(before);
    assert!(told.len() > 220, "{} told", told.len());
    // Never before it is drawn; at the end no later than that either.
    assert!(told.iter().all(|(tick, drawn)| *drawn >= f64::from(*tick)), "{told:?}");
    assert!(told[200..].iter().all(|(tick, drawn)| drawn - f64::from(*tick) < 0.5), "{:?}", &told[200..]);
}

#[test]
fn who_comes_back_to_a_hidden_page_is_told_what_is_new_and_nothing_twice() {
    let mut stage = Stage::new();
    stage.run(3000);
    let before = stage.newest();
    stage.session.set_visible(false);
    (stage.sends, stage.draws) = (false, false);
    stage.run(700);
    stage.session.set_visible(true);
    (stage.sends, stage.draws) = (true, true);
    stage.run(40);
    // The first snapshot brings the events of the gap, which are over in what is drawn but for the last few.
    let told = stage.all_after(before);
    assert!(told.len() > 36, "{} told after {before}", told.len());
    stage.run(1000);
    assert!(stage.all_after(before).len() > 36 + 55);
}

#[test]
fn what_is_for_one_player_alone_is_told_at_once() {
    let mut stage = Stage::new();
    stage.run(3000);
    let hurt = Event { audience: Audience::To(PlayerId(0)), kind: 0, words: vec![stage.tick + 1] };
    stage.tick += 1;
    stage.store.push_events(Tick(stage.tick), &[hurt]);
    let mine = stage.tick;
    while stage.newest() != mine {
        let before = stage.told.len();
        stage.run(4);
        assert!(stage.now_us < 3100 * MS, "{:?}", &stage.told[before..]);
    }
    let (tick, drawn) = stage.told[stage.told.len() - 1];
    assert!(f64::from(tick) - drawn > 1.0, "{tick} was told at {drawn}");
}
