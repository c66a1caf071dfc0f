//! Who plays: the game's own brain where this program has it, else a hand that steers by the schema.

use std::fmt;
use std::sync::Arc;

use snapline_shared::client::{Brain, Pilot, Player};
use snapline_shared::game::{Game, schema};
use snapline_shared::schema::Schema;

use crate::options::{Options, Pattern};
use crate::steered::Steered;

/// Makes a player from the seed of one bot.
type Maker = Arc<dyn Fn(u64) -> Box<dyn Player> + Send + Sync>;

/// The games that bots can play with a brain of the game's own; the server's schema decides which of them it is, if any.
#[derive(Clone, Default)]
pub struct Brains(Vec<Known>);

#[derive(Clone)]
struct Known {
    game: &'static str,
    schema_hash: u64,
    maker: Maker,
}

impl Brains {
    /// Adds game `G`: `brain` makes what plays it, from a seed that differs from bot to bot.
    #[must_use]
    pub fn with<G: Game>(mut self, brain: fn(u64) -> Box<dyn Brain<G>>) -> Self {
        let maker: Maker = Arc::new(move |seed| Box::new(Pilot::new(brain(seed))));
        self.0.push(Known { game: G::NAME, schema_hash: Schema::hash(&schema::<G>().to_json()), maker });
        self
    }

    /// Who plays on a server of this schema, whose JSON has this hash.
    pub(crate) fn choose(&self, schema: Schema, hash: u64, options: &Options) -> Players {
        let Options { seed, pattern, .. } = *options;
        let steer = options.steer || pattern != Pattern::Wander;
        let game = schema.game.clone().into_owned();
        let named = self.0.iter().filter(|known| known.game == game);
        let brain = named.clone().find(|known| known.schema_hash == hash);
        let (maker, play) = match brain {
            _ if steer => (None, Play { brain: None, reason: Some("asked for".to_owned()) }),
            Some(known) => (Some(known.maker.clone()), Play { brain: Some(game), reason: None }),
            None if named.count() > 0 => {
                let words =
                    format!("the server's {game} has another schema than the one that the brain here was built for");
                (None, Play { brain: None, reason: Some(words) })
            }
            None => (None, Play { brain: None, reason: Some(format!("no brain for {game} here")) }),
        };
        Players { schema: Arc::new(schema), maker, seed, pattern, play }
    }
}

impl fmt::Debug for Brains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|known| known.game)).finish()
    }
}

/// Who played the bots.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Play {
    /// The game whose own brain played, predicted; null: inputs were made from the schema.
    pub brain: Option<String>,
    /// Why no brain played.
    pub reason: Option<String>,
}

impl fmt::Display for Play {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { brain: Some(game), .. } => write!(f, "the brain of {game}, predicted"),
            Self { brain: None, reason: Some(reason) } => write!(f, "the schema: {reason}"),
            Self { brain: None, reason: None } => write!(f, "nobody"),
        }
    }
}

/// Makes the players of a run.
pub(crate) struct Players {
    schema: Arc<Schema>,
    maker: Option<Maker>,
    seed: u64,
    pattern: Pattern,
    pub(crate) play: Play,
}

impl Players {
    /// What the bots steer by.
    pub(crate) const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The player of bot `number`, not connected yet.
    pub(crate) fn player(&self, number: u32) -> Box<dyn Player> {
        // An odd factor keeps neighbours apart.
        let seed = self.seed ^ (u64::from(number) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        match &self.maker {
            Some(maker) => maker(seed),
            None => Box::new(Steered::new(self.schema.clone(), self.pattern, seed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapline_shared::client::World;
    use snapline_swarm::{Input, Swarm};

    struct Still;

    impl Brain<Swarm> for Still {
        fn think(&mut self, _: &World<'_, Swarm>) -> Input {
            Input::default()
        }
    }

    fn chosen(brains: &Brains, game: &str, hash: u64, steer: bool) -> Play {
        let schema = Schema { game: game.to_owned().into(), ..schema::<Swarm>() };
        let options = Options { steer, ..Options::new("ws://h") };
        brains.choose(schema, hash, &options).play
    }

    #[test]
    fn a_brain_plays_its_own_schema_alone_and_the_words_say_why_it_does_not() {
        let brains = Brains::default().with::<Swarm>(|_| Box::new(Still));
        let hash = Schema::hash(&schema::<Swarm>().to_json());
        assert_eq!(chosen(&brains, "swarm", hash, false), Play { brain: Some("swarm".to_owned()), reason: None });
        for (brains, game, hash, steer, words) in [
            (&brains, "swarm", hash, true, "asked for"),
            (&brains, "swarm", hash ^ 1, false, "another schema"),
            (&brains, "chess", hash ^ 1, false, "no brain for chess"),
            (&Brains::default(), "swarm", hash, false, "no brain for swarm"),
        ] {
            let play = chosen(brains, game, hash, steer);
            assert_eq!(play.brain, None, "{words}");
            assert!(play.reason.is_some_and(|reason| reason.contains(words)), "{words}");
        }
    }
}
