//! Makes one client's snapshot at the last moment: what it should know, its own state, spliced from the room's bits.

use snapline_shared::events::Audience;
use snapline_shared::frame::{Eye, FrameSpec, FrameStats, FrameWriter, Store, Wanted};
use snapline_shared::game::{Game, View};
use snapline_shared::tick::{Step, Tick};
use snapline_shared::wire::Wire;

use super::RoomConfig;
use super::connection::Connection;
use super::interest::Interest;
use super::timing::{Laps, Phase};

/// The coded world of a room and what is reused from frame to frame.
pub(crate) struct Replicator {
    pub(crate) store: Store,
    pub(crate) interest: Interest,
    writer: FrameWriter,
    wanted: Vec<Wanted>,
    own: Vec<u32>,
}

impl Replicator {
    pub(crate) fn new(store: Store) -> Self {
        let interest = Interest::new(store.schema());
        let own = vec![0; store.schema().own.words()];
        Self { store, interest, writer: FrameWriter::new(), wanted: Vec::new(), own }
    }

    /// The room's timeline is replaced: what was coded before has nothing to do with what comes.
    pub(crate) fn begin_epoch(&mut self) {
        self.store.clear();
        self.interest = Interest::new(self.store.schema());
    }

    /// Whether `connection` should get a snapshot of the newest step. Only while that step's tick is the newest too: own state, view and applied
    /// inputs are asked of the game as it is now, and the frame says that they are of its step.
    pub(crate) fn is_due<G: Game>(&self, connection: &mut Connection<G>, config: &RoomConfig, now: Tick) -> bool {
        let Some(step) = self.store.step().filter(|step| step.tick(config.ticks_per_step) == now) else { return false };
        let is_new = connection.mirror.last().is_none_or(|last| step.is_after(last));
        let rests = !connection.visible && connection.hidden_until.is_after(step.tick(config.ticks_per_step));
        // Spread over the steps, so that none has to bear all of them.
        let turn = step.0.wrapping_add(connection.player.0.into()).is_multiple_of(connection.every_steps);
        let is_turn = turn || connection.mirror.last().is_none();
        if !connection.welcomed || !is_new || rests || !is_turn {
            return false;
        }
        let is_open = connection.window.is_open(config.step_hz());
        if !is_open && connection.closed_at != Some(step) {
            connection.closed_at = Some(step);
            connection.window_closed += 1;
        }
        is_open
    }

    /// Appends the snapshot of the newest step for `connection`.
    pub(crate) fn write<G: Game>(
        &mut self,
        game: &G,
        connection: &mut Connection<G>,
        config: &RoomConfig,
        step: Step,
        laps: &mut impl Laps,
        out: &mut Vec<u8>,
    ) -> FrameStats {
        let now = step.tick(config.ticks_per_step);
        let View { place, radius, controls, own } = game.view(connection.player);
        let player = connection.player;
        if connection.visible {
            let sees = |row| game.sees(player, row);
            self.interest.query(place, radius, controls, sees, &mut self.wanted);
            self.store.close_over(&mut self.wanted, sees);
        } else {
            self.wanted.clear();
            connection.hidden_until = now.offset(config.tick_hz.cast_signed());
        }
        laps.lap(Phase::Interest);
        let sends_own = !self.own.is_empty() && connection.own.must_send(now, &own, config.tick_hz);
        if sends_own {
            own.quantise(&mut self.own);
        }
        let spec = FrameSpec {
            ticks_per_step: config.ticks_per_step,
            input: connection.inputs.applied(),
            slack: connection.inputs.slack(),
            wanted: &self.wanted,
            own: sends_own.then_some(self.own.as_slice()),
            eye: Eye {
                controls: controls.map(|id| id.slot),
                place: place.to_array().map(finite),
                radius: finite(radius),
            },
            bytes_max: config.snapshot_bytes_max,
        };
        let interest = &self.interest;
        let concerns = |audience: &Audience| match audience {
            Audience::All => true,
            Audience::To(to) => *to == player,
            Audience::Near(near) => connection.visible && interest.is_near(place, radius, *near),
        };
        self.writer.write(&self.store, &mut connection.mirror, &spec, concerns, out)
    }
}

/// A view that is no number is a mistake in the game; clients refuse it, so it becomes 0 here.
fn finite(value: f32) -> f32 {
    if value.is_finite() { value } else { 0.0 }
}
