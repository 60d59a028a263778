//! Whether a part holds what its readers rely on. Not whether it is true: checksums tell whether it is what was written.

use crate::bits::SLOTS;
use crate::column::{Column, Words};
use crate::part::{DayPart, Index, Part, TypePart};

/// The name of what is wrong.
pub(crate) fn check(part: &Part) -> Result<(), String> {
    let fine = |ok: bool, what: &str| if ok { Ok(()) } else { Err(what.to_owned()) };
    fine(part.types.windows(2).all(|pair| pair[0].event < pair[1].event), "order of types")?;
    for own in &part.types {
        fine(type_part(own), &own.event)?;
    }
    let people = index(&part.index).ok_or("index")?;
    fine(starts(&part.starts, people, part.trail.len()), "starts")?;
    fine(part.guests.windows(2).all(|pair| pair[0] < pair[1]), "guests")?;
    fine(days(&part.days), "days")?;
    fine(trail(part), "trail")
}

/// How many slots; `None` when the index does not hold together.
fn index(index: &Index) -> Option<usize> {
    match index {
        Index::Sparse(slots) => slots.windows(2).all(|pair| pair[0] < pair[1]).then_some(slots.len()),
        Index::Dense { words, ranks } => {
            if words.len() != SLOTS / 64 || ranks.len() != SLOTS / 64 {
                return None;
            }
            let mut before = 0;
            for (word, rank) in words.iter().zip(ranks.iter()) {
                if *rank != before {
                    return None;
                }
                before += word.count_ones();
            }
            Some(before as usize)
        }
    }
}
/// One start a slot, rising, none empty, and the end.
fn starts(starts: &[u32], slots: usize, rows: usize) -> bool {
    starts.len() == slots + 1
        && starts[0] == 0
        && starts.windows(2).all(|pair| pair[0] < pair[1])
        && starts[slots] as usize == rows
}
/// As many lists as rows, each of them possibly empty, and the end.
fn lists(starts: &[u32], rows: usize, items: usize) -> bool {
    starts.len() == rows + 1
        && starts[0] == 0
        && starts.windows(2).all(|pair| pair[0] <= pair[1])
        && starts[rows] as usize == items
}
fn words(words: &Words) -> bool {
    !words.ends.is_empty() && lists(&words.ends, words.ends.len() - 1, words.bytes.len())
}

fn days(days: &[DayPart]) -> bool {
    let set = |slots: &Index| match slots {
        Index::Sparse(slots) => slots.windows(2).all(|pair| pair[0] < pair[1]),
        Index::Dense { words, .. } => words.len() == SLOTS / 64,
    };
    days.windows(2).all(|pair| pair[0].day < pair[1].day) && days.iter().all(|day| set(&day.slots))
}

fn type_part(own: &TypePart) -> bool {
    let rows = own.times.len();
    let Some(slots) = index(&own.index) else { return false };
    let column = |column: &Column| match column {
        Column::Int(values) => values.len() == rows,
        Column::Float(values) => values.len() == rows,
        Column::Bool(values) => values.len() == rows,
        Column::Text { codes, words: own } => codes.len() == rows && words(own),
        Column::List { starts, codes, words: own } => lists(starts, rows, codes.len()) && words(own),
    };
    let ordered = |pair: &[(String, Column)]| (&pair[0].0, pair[0].1.kind()) < (&pair[1].0, pair[1].1.kind());
    starts(&own.starts, slots, rows)
        && (own.origins.is_empty() || own.origins.len() == rows)
        && days(&own.days)
        && own.columns.windows(2).all(ordered)
        && own.columns.iter().all(|(_, own)| column(own))
}

/// The trail mentions each type of a person as often as the person has events of it.
fn trail(part: &Part) -> bool {
    if part.types.iter().map(TypePart::rows).sum::<usize>() != part.rows() {
        return false;
    }
    let views: Vec<_> = part.types.iter().map(|own| (own.index.view(), &own.starts[..])).collect();
    let mut counts = vec![0u32; part.types.len()];
    let mut seen: Vec<u16> = Vec::new();
    let (mut rank, mut sound) = (0, true);
    let (starts, trail) = (&part.starts[..], &part.trail[..]);
    part.index.view().each(|slot| {
        if !sound {
            return;
        }
        for own in &trail[starts[rank] as usize..starts[rank + 1] as usize] {
            match counts.get_mut(usize::from(*own)) {
                Some(count) => {
                    if *count == 0 {
                        seen.push(*own);
                    }
                    *count += 1;
                }
                None => sound = false,
            }
        }
        for own in seen.drain(..) {
            let (view, starts) = &views[usize::from(own)];
            let count = std::mem::take(&mut counts[usize::from(own)]);
            sound &= view.rank(slot).is_some_and(|rank| starts[rank + 1] - starts[rank] == count);
        }
        rank += 1;
    });
    sound
}
