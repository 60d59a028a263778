//! Properties nobody may ask about: what an event says under them is masked wherever the event is shown, and the columns are not sealed.
//!
//! The columns leave such values out. What was written before its field became sensitive is still there: so it is refused here.

use crate::refuse;
use crate::spec::{Ask, By, EventSel, Measured, Spec};
use siyu_kernel::Refusal;
use siyu_people::FieldTable;
use siyu_projection::AMOUNT;

/// Errors: `spec_sensitive`, with the place.
pub(crate) fn check(spec: &Spec, fields: &FieldTable) -> Result<(), Refusal> {
    if let Some(By::Property(name)) = &spec.frame.by {
        property(name, "by.property", fields)?;
    }
    let measured = |measure: &Measured| match measure {
        Measured::Sum(name) => property(name, "measure.sum", fields),
        Measured::Value(name) => property(name, "measure.value", fields),
        Measured::Count | Measured::People | Measured::Days => Ok(()),
    };
    match &spec.ask {
        Ask::Attribution(ask) => property(&ask.touch_by, "touch_by", fields),
        Ask::Touchpoints(ask) => property(&ask.touch_by, "touch_by", fields),
        Ask::Paths(ask) => ask.property.as_ref().map_or(Ok(()), |name| property(name, "property", fields)),
        Ask::Distribution(ask) => measured(&ask.measure),
        Ask::Trend(ask) => measured(&ask.measure),
        Ask::CohortValue(ask) => property(&ask.value, "value", fields),
        Ask::Funnel(_)
        | Ask::Retention(_)
        | Ask::Segment(_)
        | Ask::Rfm(_)
        | Ask::Interval(_)
        | Ask::Activity(_)
        | Ask::Lifecycle(_)
        | Ask::Assets(_)
        | Ask::Stores(_)
        | Ask::Guides(_) => Ok(()),
    }?;
    // After them: "every event that has the property touched by" stands nowhere in a spec.
    spec.selections().into_iter().try_for_each(|selection| tests(selection, fields))
}

fn tests(selection: &EventSel, fields: &FieldTable) -> Result<(), Refusal> {
    // `steps[1].event` stands beside `steps[1].where`.
    let beside = selection.place.strip_suffix("event").unwrap_or(&selection.place);
    for (at, test) in selection.select.tests.iter().enumerate() {
        property(&test.property, &format!("{beside}where[{at}].property"), fields)?;
    }
    Ok(())
}

fn property(name: &str, place: &str, fields: &FieldTable) -> Result<(), Refusal> {
    // What an order came to is what the books say, whatever an event says under this name.
    if name == AMOUNT || !fields.hides(name) {
        return Ok(());
    }
    let en = "Values of this property are hidden: it is sensitive, so nothing can be asked about it.";
    Err(refuse::at("spec_sensitive", place, en, "该属性为敏感信息，不能用于分析。"))
}
