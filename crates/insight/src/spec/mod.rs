//! Questions as people write them: JSON, read strictly, every refusal with its place.
//!
//! What each kind takes, its defaults, its result and definition: docs/analysis.md.

mod flows;
mod frame;
mod money;
mod moving;
mod numbers;
pub(crate) mod select;
mod standing;

pub use flows::{Funnel, Interval, Paths, Touchpoints};
pub use frame::{Among, By, Frame, SPAN_DAYS_MAX, Span, WINDOW_MICROS_MAX};
pub use money::{Attribution, CohortValue, Rfm};
pub(crate) use money::{MODELS, model_name, window, window_json};
pub use moving::{Activity, Retention, Trend};
pub use numbers::{Distribution, Measured};
pub use select::EventSel;
pub use standing::{Assets, Board, Lifecycle, Segment};

use crate::read::At;
use crate::refuse;
use frame::Takes;
use serde_json::Value;
use siyu_kernel::Refusal;

macro_rules! kinds {
    ($($kind:ident $name:literal $takes:expr),+ $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $($kind),+ }
        impl Kind {
            pub const ALL: [Kind; kinds!(@count $($kind)+)] = [$(Kind::$kind),+];
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name),+ }
            }
            const fn takes(self) -> Takes {
                match self { $(Kind::$kind => $takes),+ }
            }
        }
    };
    (@count $($kind:ident)+) => { 0 $(+ { let _ = stringify!($kind); 1 })+ };
}

kinds!(
    Funnel "funnel" Takes::ALL,
    Retention "retention" Takes::ALL,
    Attribution "attribution" Takes::ALL,
    Segment "segment" Takes { span: false, compare: false, ..Takes::SPAN },
    Rfm "rfm" Takes::NO_PROPERTY,
    Paths "paths" Takes::NO_PROPERTY,
    Distribution "distribution" Takes::NO_PROPERTY,
    Interval "interval" Takes::NO_PROPERTY,
    Trend "trend" Takes::ALL,
    Activity "activity" Takes::NO_PROPERTY,
    CohortValue "cohort_value" Takes::ALL,
    Touchpoints "touchpoints" Takes::NO_PROPERTY,
    Lifecycle "lifecycle" Takes { span: false, compare: false, ..Takes::NO_PROPERTY },
    Assets "assets" Takes { compare: false, ..Takes::SPAN },
    Stores "stores" Takes::SPAN,
    Guides "guides" Takes::SPAN,
);

impl Kind {
    /// Errors: `spec_kind`.
    pub fn parse(name: &str) -> Result<Self, Refusal> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| refuse::kind(name))
    }
}

/// A question whose shape is right.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub frame: Frame,
    pub ask: Ask,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    Funnel(Funnel),
    Retention(Retention),
    Attribution(Attribution),
    Segment(Segment),
    Rfm(Rfm),
    Paths(Paths),
    Distribution(Distribution),
    Interval(Interval),
    Trend(Trend),
    Activity(Activity),
    CohortValue(CohortValue),
    Touchpoints(Touchpoints),
    Lifecycle(Lifecycle),
    Assets(Assets),
    Stores(Board),
    Guides(Board),
}

impl Spec {
    /// Errors, each with its place: `spec_shape`, `spec_missing`, `spec_key`, `spec_event`, `spec_property`, `spec_operator`, `spec_value`,
    /// `spec_steps`, `spec_window`, `spec_span`, `spec_groups`, `spec_by`, `spec_bins`, and those of rules.
    pub fn parse(kind: Kind, value: &Value) -> Result<Self, Refusal> {
        let takes = kind.takes();
        let mut keys = takes.keys();
        keys.extend_from_slice(match kind {
            Kind::Funnel => &Funnel::KEYS[..],
            Kind::Retention => &Retention::KEYS,
            Kind::Attribution => &Attribution::KEYS,
            Kind::Segment => &Segment::KEYS,
            Kind::Rfm => &Rfm::KEYS,
            Kind::Paths => &Paths::KEYS,
            Kind::Distribution => &Distribution::KEYS,
            Kind::Interval => &Interval::KEYS,
            Kind::Trend => &Trend::KEYS,
            Kind::Activity => &Activity::KEYS,
            Kind::CohortValue => &CohortValue::KEYS,
            Kind::Touchpoints => &Touchpoints::KEYS,
            Kind::Lifecycle => &Lifecycle::KEYS,
            Kind::Assets => &Assets::KEYS,
            Kind::Stores | Kind::Guides => &Board::KEYS,
        });
        let object = At::root(value).object(&keys)?;
        let frame = Frame::read(&object, takes)?;
        let ask = match kind {
            Kind::Funnel => Ask::Funnel(Funnel::read(&object)?),
            Kind::Retention => Ask::Retention(Retention::read(&object)?),
            Kind::Attribution => Ask::Attribution(Attribution::read(&object)?),
            Kind::Segment => Ask::Segment(Segment::read(&object)?),
            Kind::Rfm => Ask::Rfm(Rfm::read(&object)?),
            Kind::Paths => Ask::Paths(Paths::read(&object)?),
            Kind::Distribution => Ask::Distribution(Distribution::read(&object)?),
            Kind::Interval => Ask::Interval(Interval::read(&object)?),
            Kind::Trend => Ask::Trend(Trend::read(&object)?),
            Kind::Activity => Ask::Activity(Activity::read(&object)?),
            Kind::CohortValue => Ask::CohortValue(CohortValue::read(&object)?),
            Kind::Touchpoints => Ask::Touchpoints(Touchpoints::read(&object)?),
            Kind::Lifecycle => Ask::Lifecycle(Lifecycle::read(&object)?),
            Kind::Assets => Ask::Assets(Assets),
            Kind::Stores => Ask::Stores(Board::read(&object)?),
            Kind::Guides => Ask::Guides(Board::read(&object)?),
        };
        Ok(Self { frame, ask })
    }
    /// Errors: `spec_json`, `spec_deep`, and those of [`Spec::parse`].
    pub fn from_text(kind: Kind, text: &str) -> Result<Self, Refusal> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            // The reader of JSON stops at 128 levels.
            let deep = error.to_string().starts_with("recursion limit");
            if deep { refuse::too_deep(error.line(), error.column()) } else { refuse::json(&error) }
        })?;
        Self::parse(kind, &value)
    }
    pub fn kind(&self) -> Kind {
        match self.ask {
            Ask::Funnel(_) => Kind::Funnel,
            Ask::Retention(_) => Kind::Retention,
            Ask::Attribution(_) => Kind::Attribution,
            Ask::Segment(_) => Kind::Segment,
            Ask::Rfm(_) => Kind::Rfm,
            Ask::Paths(_) => Kind::Paths,
            Ask::Distribution(_) => Kind::Distribution,
            Ask::Interval(_) => Kind::Interval,
            Ask::Trend(_) => Kind::Trend,
            Ask::Activity(_) => Kind::Activity,
            Ask::CohortValue(_) => Kind::CohortValue,
            Ask::Touchpoints(_) => Kind::Touchpoints,
            Ask::Lifecycle(_) => Kind::Lifecycle,
            Ask::Assets(_) => Kind::Assets,
            Ask::Stores(_) => Kind::Stores,
            Ask::Guides(_) => Kind::Guides,
        }
    }
    /// Every selection of events in it, for warnings.
    pub fn selections(&self) -> Vec<&EventSel> {
        match &self.ask {
            Ask::Funnel(ask) => ask.steps.iter().chain(ask.exclude.iter().map(|one| &one.select)).collect(),
            Ask::Retention(ask) => vec![&ask.start, &ask.back],
            Ask::Attribution(ask) => vec![&ask.conversion, &ask.touch],
            Ask::Rfm(ask) => vec![&ask.orders],
            Ask::Paths(ask) => ask.start.iter().chain(&ask.end).chain([&ask.events]).collect(),
            Ask::Distribution(ask) => vec![&ask.event],
            Ask::Interval(ask) => vec![&ask.from, &ask.to],
            Ask::Trend(ask) => ask.events.iter().collect(),
            Ask::CohortValue(ask) => vec![&ask.start],
            Ask::Touchpoints(ask) => vec![&ask.conversion, &ask.events],
            Ask::Segment(_)
            | Ask::Activity(_)
            | Ask::Lifecycle(_)
            | Ask::Assets(_)
            | Ask::Stores(_)
            | Ask::Guides(_) => Vec::new(),
        }
    }
}
