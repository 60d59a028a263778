//! Arms, what is counted of them, and what is said.

use crate::verdict::{Comparison, Figures, Ratio, compare};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Those let through against those held out.
    Holdout,
    /// The contents of a broadcast.
    Variants,
    /// The arms of a test in a journey.
    Arms,
    /// Those who went through a journey against those who were left alone.
    Journey,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Holdout => "holdout",
            Self::Variants => "variants",
            Self::Arms => "arms",
            Self::Journey => "journey",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// People with at least one order.
    Bought,
    /// What each person spent, in minor units, less what they were given back.
    Revenue,
    /// People who lost a friendship and did not take it up again.
    Lost,
    /// People who reached the goal, of a test or of the journey.
    Goal,
}

impl What {
    pub fn name(self) -> &'static str {
        match self {
            Self::Bought => "bought",
            Self::Revenue => "revenue",
            Self::Lost => "lost",
            Self::Goal => "goal",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    pub name: String,
    pub people: i64,
    /// Which share of the people was to come into it. `None`: it is not known any more.
    pub drawn: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub what: What,
    /// One for each arm.
    pub figures: Figures,
    /// One for each arm but the first.
    pub comparisons: Vec<Comparison>,
}

impl Outcome {
    pub(crate) fn of(what: What, figures: Figures, lift: f64, mismatch: bool) -> Self {
        let comparisons = compare(&figures, lift, what != What::Lost, mismatch);
        Self { what, figures, comparisons }
    }
}

/// Groups that chance drew. The first arm is what the others are compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    pub kind: Kind,
    pub arms: Vec<Arm>,
    /// `None`: too few people to tell, or it is not known how they were to be drawn.
    pub ratio: Option<Ratio>,
    pub outcomes: Vec<Outcome>,
}
