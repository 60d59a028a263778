//! Conditions on stages of life, value, loyalty and RFM scores.

use crate::deeds::Touched;
use crate::life::Measures;
use crate::set::Set;
use crate::test::IntTest;
use roaring::RoaringBitmap;
use siyu_behaviour::kernels::{Method, RfmScores, Stage, Tier, segment_of};
use siyu_behaviour::{Bits, Calendar, Kernel, People, Snapshot, View};
use siyu_db::{DbError, Tx};
use siyu_kernel::Time;
use std::sync::{Arc, Mutex};

/// Scores of everybody against everybody change with every order; they are made anew at most this often.
const BOARD_SECONDS: i64 = 60;
/// Groups of equal size.
const SCORES: u8 = 5;

/// A question about somebody's life with the brand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Life {
    Stage(Vec<Stage>),
    /// Places among the options of `LifeField::Aarrr`.
    Aarrr(Vec<usize>),
    Loyal,
    /// Whole points.
    Score(IntTest),
    Tier(Vec<Tier>),
    Rfm(Rank, IntTest),
    Segment(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    R,
    F,
    M,
}

pub(crate) const STAGES: [(&str, Stage); 5] = [
    ("prospect", Stage::Prospect),
    ("new", Stage::New),
    ("active", Stage::Active),
    ("at_risk", Stage::AtRisk),
    ("lost", Stage::Lost),
];
pub(crate) const TIERS: [(&str, Tier); 3] =
    [("ordinary", Tier::Ordinary), ("loyal", Tier::Loyal), ("super_vip", Tier::SuperVip)];

/// What the answers come from.
#[derive(Clone)]
pub(crate) struct Lives {
    pub snapshot: Snapshot,
    pub measures: Measures,
    pub board: Option<Arc<Board>>,
    pub threads: usize,
}

/// Who has which scores.
pub(crate) struct Board {
    scores: RfmScores,
    made: Time,
    seq: i64,
    day: i32,
    name: String,
    calendar: Arc<Calendar>,
}

impl Board {
    /// Somebody's recency, frequency and money, 1 to 5 each; `None` for people without an order.
    pub fn of(&self, person: u32) -> Option<(u8, u8, u8)> {
        self.scores.of(person)
    }
}

/// The board as it was made last.
#[derive(Default)]
pub(crate) struct Boards(Mutex<Option<Arc<Board>>>);

impl Boards {
    /// Made anew when it is of another day or other settings, or old while something was received since.
    pub fn of(&self, snapshot: &Snapshot, seq: i64, measures: &Measures, now: Time, threads: usize) -> Arc<Board> {
        let mut kept = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        let (day, name) = (measures.day(), measures.name());
        if let Some(board) = &*kept
            && board.day == day
            && board.name == name
            && Arc::ptr_eq(&board.calendar, measures.calendar())
            && (board.seq == seq || now.0 - board.made.0 < BOARD_SECONDS * 1_000_000)
        {
            return Arc::clone(board);
        }
        let scores = snapshot.run(&measures.rfm(), None, threads).scores(&Method::Quantile(SCORES), threads);
        let calendar = Arc::clone(measures.calendar());
        let board = Arc::new(Board { scores, made: now, seq, day, name, calendar });
        *kept = Some(Arc::clone(&board));
        board
    }
}

/// A kernel that finds people.
struct Finding<'l, F: Fn(&View, &Bits) -> Bits + Sync>(&'l F);

impl<F: Fn(&View, &Bits) -> Bits + Sync> Kernel for Finding<'_, F> {
    type Partial = People;
    fn bucket(&self, view: &View, among: &Bits) -> People {
        People((self.0)(view, among).to_people(view.bucket))
    }
}

/// What holds for people who did nothing: then the others are found, and the set turned.
fn turned(life: &Life) -> Option<Life> {
    match life {
        Life::Stage(stages) if stages.contains(&Stage::Prospect) => {
            Some(Life::Stage(Stage::ALL.into_iter().filter(|stage| !stages.contains(stage)).collect()))
        }
        Life::Tier(tiers) if tiers.contains(&Tier::Ordinary) => {
            Some(Life::Tier([Tier::Loyal, Tier::SuperVip].into_iter().filter(|tier| !tiers.contains(tier)).collect()))
        }
        _ => None,
    }
}

impl Lives {
    pub fn everybody(&self, life: &Life) -> Set {
        if let Some(others) = turned(life) {
            return Set::AllBut(self.found(&others, None));
        }
        if let Life::Score(test) = life
            && test.holds(0)
        {
            return Set::AllBut(self.scored(|points, _| !test.holds(points), None));
        }
        Set::These(self.found(life, None))
    }
    pub fn some(&self, life: &Life, among: &RoaringBitmap) -> RoaringBitmap {
        if let Some(others) = turned(life) {
            return among - self.found(&others, Some(among));
        }
        if let Life::Score(test) = life
            && test.holds(0)
        {
            return among - self.scored(|points, _| !test.holds(points), Some(among));
        }
        self.found(life, Some(among))
    }
    fn found(&self, life: &Life, among: Option<&RoaringBitmap>) -> RoaringBitmap {
        match life {
            Life::Stage(stages) => {
                let (kernel, on) = (self.measures.lifecycle(None), self.measures.day());
                self.run(among, |view, among| {
                    picked(kernel.stages_on(view, among, on), |at| stages.contains(&Stage::ALL[at]))
                })
            }
            Life::Aarrr(stages) => {
                let kernel = self.measures.aarrr();
                self.run(among, |view, among| picked(kernel.stages(view, among), |at| stages.contains(&at)))
            }
            Life::Loyal => {
                let kernel = self.measures.loyal();
                self.run(among, |view, among| kernel.people(view, among))
            }
            Life::Score(test) => self.scored(|points, _| test.holds(points), among),
            Life::Tier(tiers) => self.scored(|_, tier| tiers.contains(&tier), among),
            Life::Rfm(..) | Life::Segment(_) => self.ranked(life, among),
        }
    }
    fn run(&self, among: Option<&RoaringBitmap>, find: impl Fn(&View, &Bits) -> Bits + Sync) -> RoaringBitmap {
        let threads = if self.snapshot.views.len() > 4 && among.is_none() { self.threads } else { 1 };
        self.snapshot.run(&Finding(&find), among, threads).0
    }
    fn scored(&self, fits: impl Fn(i64, Tier) -> bool + Sync, among: Option<&RoaringBitmap>) -> RoaringBitmap {
        let kernel = self.measures.score();
        self.run(among, |view, among| {
            let mut found = Bits::empty();
            for (person, parts, tier) in kernel.bucket(view, among).0 {
                if fits(i64::from(parts.total() / 1_000), tier) {
                    found.insert(person as u16);
                }
            }
            found
        })
    }
    fn ranked(&self, life: &Life, among: Option<&RoaringBitmap>) -> RoaringBitmap {
        let Some(board) = &self.board else { return RoaringBitmap::new() };
        let fits = |(r, f, m): (u8, u8, u8)| match life {
            Life::Rfm(Rank::R, test) => test.holds(i64::from(r)),
            Life::Rfm(Rank::F, test) => test.holds(i64::from(f)),
            Life::Rfm(Rank::M, test) => test.holds(i64::from(m)),
            Life::Segment(names) => names.iter().any(|name| name == segment_of(r, f)),
            _ => false,
        };
        if let Some(among) = among {
            return among.iter().filter(|person| board.scores.of(*person).is_some_and(fits)).collect();
        }
        let n = u16::from(SCORES);
        let table: Vec<bool> = (0..n * n * n)
            .map(|cell| fits(((cell / (n * n) + 1) as u8, (cell / n % n + 1) as u8, (cell % n + 1) as u8)))
            .collect();
        let mut found = RoaringBitmap::new();
        for (buyers, cells) in board.scores.buyers.iter().zip(&board.scores.cells) {
            let own = buyers.slots.iter().zip(cells).filter(|(_, cell)| table[usize::from(**cell)]);
            let base = u32::from(buyers.bucket) << 16;
            found.extend(own.map(|(slot, _)| base | u32::from(*slot)));
        }
        found
    }
}

fn picked(sets: [Bits; 5], wanted: impl Fn(usize) -> bool) -> Bits {
    let mut all = Bits::empty();
    for (_, set) in sets.iter().enumerate().filter(|(at, _)| wanted(*at)) {
        all.or(set);
    }
    all
}

impl Life {
    /// Needs the board.
    pub fn is_ranked(&self) -> bool {
        matches!(self, Self::Rfm(..) | Self::Segment(_))
    }
    /// Whose answer what happened may change, besides those a new board moves.
    pub fn touched(&self, touched: &Touched) -> RoaringBitmap {
        match self {
            Self::Stage(_) | Self::Loyal => &touched.orders | &touched.moved,
            Self::Rfm(..) | Self::Segment(_) => touched.moved.clone(),
            Self::Aarrr(_) | Self::Score(_) | Self::Tier(_) => &(&touched.any | &touched.orders) | &touched.moved,
        }
    }
}

/// What the lives of a question come from: settings, cycle, and the board where it is asked for.
pub(crate) fn lives(
    tx: &mut Tx<'_>,
    boards: &Boards,
    (snapshot, seq): (&Snapshot, i64),
    measures: Option<Measures>,
    (calendar, today, now): (&Arc<Calendar>, i32, Time),
    ranked: bool,
    threads: usize,
) -> Result<Lives, DbError> {
    let measures = match measures {
        Some(measures) => measures,
        None => Measures::on(tx, snapshot, calendar, today, threads)?,
    };
    let board = ranked.then(|| boards.of(snapshot, seq, &measures, now, threads));
    Ok(Lives { snapshot: snapshot.clone(), measures, board, threads })
}
