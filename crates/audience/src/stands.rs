//! Where one person stands: the answers that rules, analyses and tiers give, for one.

use crate::ask::Ask;
use crate::lives::{Board, Lives, STAGES, TIERS};
use crate::{Audience, Ctx, Plan, Scope};
use roaring::RoaringBitmap;
use siyu_behaviour::kernels::{Score, ScoreFacts, ScoreParts, segment_of};
use siyu_behaviour::{Bits, Kernel, Merge, View};
use siyu_kernel::{PersonNum, Refusal};

/// The stages of AARRR, in their order.
const AARRR: [&str; 5] = ["acquisition", "activation", "retention", "revenue", "referral"];

/// One person on the reader's day, by the settings of this workspace.
#[derive(Clone, Debug)]
pub struct Stands {
    /// prospect, new, active, at_risk or lost.
    pub stage: &'static str,
    /// The last one reached; `None` for whom nothing ever happened to.
    pub aarrr: Option<&'static str>,
    /// 1 to 5 each, among all buyers, and the name of the cell; `None` without an order.
    pub rfm: Option<(u8, u8, u8, &'static str)>,
    pub parts: ScoreParts,
    pub facts: ScoreFacts,
    /// Weights, and what each part is full at.
    pub score: Score,
    pub tier: &'static str,
    pub loyal: bool,
    pub cycle_days: u32,
}

/// What holds for the one person asked for.
#[derive(Default)]
struct Own(Option<(usize, Option<usize>, bool, ScoreFacts)>);

impl Merge for Own {
    fn merge(&mut self, other: Self) {
        self.0 = self.0.take().or(other.0);
    }
}

struct Asked<'l>(&'l Lives);

impl Kernel for Asked<'_> {
    type Partial = Own;
    fn bucket(&self, view: &View, among: &Bits) -> Own {
        let measures = &self.0.measures;
        let place = |sets: [Bits; 5]| sets.iter().position(|set| !set.is_empty());
        let stage = place(measures.lifecycle(None).stages_on(view, among, measures.day())).unwrap_or(0);
        let aarrr = place(measures.aarrr().stages(view, among));
        let mut own = Own(Some((stage, aarrr, false, ScoreFacts::default())));
        measures.score().each(view, among, |_, facts, loyal| own = Own(Some((stage, aarrr, loyal, facts))));
        own
    }
}

impl Audience {
    /// Where somebody stands today. Who did nothing is a prospect without points. Needs memory.
    pub fn stands(&self, tx: &mut siyu_db::Tx<'_>, root: PersonNum, ctx: &Ctx) -> Result<Stands, Refusal> {
        let memory = self.memory()?;
        let plan = Plan { root: crate::plan::PlanNode::All(Vec::new()), traits: Vec::new(), summary: String::new() };
        let mut ask = Ask::new(self, memory, tx, ctx, &plan, &Scope::All)?;
        let lives = ask.lives(true)?;
        let among: RoaringBitmap = [root].into_iter().collect();
        let (stage, aarrr, loyal, facts) =
            lives.snapshot.run(&Asked(lives), Some(&among), 1).0.unwrap_or((0, None, false, ScoreFacts::default()));
        let score = lives.measures.score();
        let parts = score.parts(&facts);
        let tier = score.tier(parts, loyal);
        let rfm = lives.board.as_deref().and_then(|board: &Board| board.of(root));
        Ok(Stands {
            stage: STAGES[stage].0,
            aarrr: aarrr.map(|at| AARRR[at]),
            rfm: rfm.map(|(r, f, m)| (r, f, m, segment_of(r, f))),
            parts,
            facts,
            tier: TIERS.iter().find(|(_, own)| *own == tier).map_or("ordinary", |(name, _)| *name),
            loyal,
            cycle_days: lives.measures.cycle_days(),
            score,
        })
    }
}
