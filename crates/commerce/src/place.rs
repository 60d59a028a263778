//! Placing orders: from what came in to what changes.

use crate::book::{Book, Entry, Figures};
use crate::catalog::Names;
use crate::matching::{Content, Fate, Line, Mode};
use crate::order::{
    Booked, LINES_STORED_MAX, LineIn, OrderIn, Placed, amount_overflow, check, order_currency, too_many_lines,
};
use crate::write;
use rustc_hash::FxHashMap;
use siyu_db::Tx;
use siyu_kernel::{Currency, Money, PersonNum, Refusal, Time};
use std::borrow::Cow;

/// Places orders, or adds to orders that are there. Naming the same thing again changes nothing.
///
/// `import` is the number of the import the lines belong to (each import its own, above 0), or 0 for live calls; it decides how lines
/// without a number are told apart: in an import two equal lines are two lines, live they are two lines only within one order given
/// at once. Answers one [`Placed`] for each distinct order number, in the order of first appearance.
///
/// Errors: those of [`check`], with the field `orders[i].…`; then nothing was placed. What only the stored order shows to be wrong
/// (another currency, …) is in [`Placed::refused`], and the rest of the call stands.
pub fn place(tx: &mut Tx<'_>, orders: &[OrderIn], import: i64, now: Time) -> Result<Vec<Placed>, Refusal> {
    Ok(place_booked(tx, orders, import, now)?.0)
}

/// [`place`], and what it changed for whom; orders without a buyer are not among it.
pub fn place_booked(
    tx: &mut Tx<'_>,
    orders: &[OrderIn],
    import: i64,
    now: Time,
) -> Result<(Vec<Placed>, Vec<Booked>), Refusal> {
    for (at, order) in orders.iter().enumerate() {
        check(order).map_err(|refusal| {
            let field = refusal.field.clone().unwrap_or_default();
            refusal.field(format!("orders[{at}].{field}"))
        })?;
    }
    if orders.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let names = Names::load(tx, orders, now)?;
    let book = Book::load(tx, orders, import, now)?;
    let mut call = Call { book, names, import, products: FxHashMap::default() };
    for order in orders {
        call.place(order);
    }
    write::write(tx, &mut call.book, &call.products)?;
    let booked = call.book.entries.iter().filter_map(booked).collect();
    Ok((call.answers(), booked))
}

/// What lines add to a product's totals.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ProductDelta {
    pub sold: i64,
    pub revenue: i64,
    pub returned: i64,
    pub refunded: i64,
}

pub(crate) type ProductDeltas = FxHashMap<(i64, Currency), ProductDelta>;

struct Call<'a> {
    book: Book<'a>,
    names: Names<'a>,
    import: i64,
    products: ProductDeltas,
}

impl<'a> Call<'a> {
    fn place(&mut self, order: &'a OrderIn) {
        let own = self.book.by_no[order.order_no.as_str()];
        let entry = &mut self.book.entries[own];
        if let Some(refusal) = refused(order, &entry.now) {
            entry.placed.get_or_insert_default().refused = Some(refusal);
            return;
        }
        entry.describe(order, &self.names);
        let mode = if self.import > 0 && !order.whole { Mode::Import(self.import) } else { Mode::Live };
        entry.lines.begin(mode);
        for line in &order.lines {
            let content = content(line, &self.names);
            self.line(own, order.at.0, line, content, mode);
        }
        if order.whole && order.lines.iter().any(|line| !content(line, &self.names).is_refund()) {
            self.remove_unnamed(own);
        }
    }

    fn line(&mut self, own: usize, at: i64, line: &'a LineIn, content: Content<'a>, mode: Mode) {
        let lines = &mut self.book.entries[own].lines;
        if let Some(found) = line.line_no.and_then(|number| lines.by_number(number)) {
            lines.all[found].taken = true;
            return if lines.all[found].content == content {
                self.unchanged(own, found, false)
            } else {
                self.correct(own, found, line, content)
            };
        }
        if let Some(found) = lines.by_content(&content, at, mode, line.line_no.is_some()) {
            lines.all[found].taken = true;
            if let Some(number) = line.line_no {
                lines.give_number(found, number);
                mark(&mut lines.all[found].fate, Fate::Changed);
            }
            return self.unchanged(own, found, true);
        }
        let no = lines.next_no();
        self.count(own, &content, 1);
        let entry = &mut self.book.entries[own];
        entry.placed.get_or_insert_default().new_lines += 1;
        let title = line.title.as_deref();
        entry.lines.push(Line {
            no,
            line_no: line.line_no,
            title,
            content,
            at,
            import: self.import,
            fate: Fate::New,
            taken: true,
        });
    }
    /// `stamp`: the line was found by content, and this import has used it up.
    fn unchanged(&mut self, own: usize, found: usize, stamp: bool) {
        let entry = &mut self.book.entries[own];
        let line = &mut entry.lines.all[found];
        if stamp && self.import > 0 && line.import != self.import {
            line.import = self.import;
            mark(&mut line.fate, Fate::Stamped);
        }
        entry.placed.get_or_insert_default().unchanged_lines += 1;
    }
    fn correct(&mut self, own: usize, found: usize, line: &'a LineIn, content: Content<'a>) {
        let old = self.book.entries[own].lines.all[found].content.clone();
        self.count(own, &old, -1);
        self.count(own, &content, 1);
        let entry = &mut self.book.entries[own];
        entry.placed.get_or_insert_default().changed_lines += 1;
        let stored = &mut entry.lines.all[found];
        (stored.content, stored.import) = (content, self.import);
        stored.title = line.title.as_deref().or(stored.title);
        mark(&mut stored.fate, Fate::Changed);
    }
    fn remove_unnamed(&mut self, own: usize) {
        for at in 0..self.book.entries[own].lines.all.len() {
            let line = &self.book.entries[own].lines.all[at];
            if line.taken || line.content.is_refund() || matches!(line.fate, Fate::Gone | Fate::Never) {
                continue;
            }
            let content = line.content.clone();
            self.count(own, &content, -1);
            let entry = &mut self.book.entries[own];
            entry.placed.get_or_insert_default().removed_lines += 1;
            let fate = &mut entry.lines.all[at].fate;
            *fate = if *fate == Fate::New { Fate::Never } else { Fate::Gone };
        }
    }

    /// Adds a line to the sums it belongs to (`sign` 1), or takes it out (-1).
    fn count(&mut self, own: usize, content: &Content<'_>, sign: i64) {
        let refund = content.is_refund();
        let amount = sign * content.amount;
        let target = self.book.target(own, content);
        let entry = &mut self.book.entries[own];
        entry.now.lines += sign;
        if refund {
            entry.now.refund_lines -= amount;
        } else {
            entry.now.amount += amount;
            entry.now.sales += sign;
        }
        let key = content.product.map(|product| (product, entry.now.currency));
        if refund {
            self.book.entries[target].now.refunded -= amount;
        }
        let Some(key) = key else { return };
        let delta = self.products.entry(key).or_default();
        if refund {
            delta.returned -= sign * content.quantity;
            delta.refunded -= amount;
        } else {
            delta.sold += sign * content.quantity;
            delta.revenue += amount;
        }
    }

    fn answers(self) -> Vec<Placed> {
        let named = self.book.named;
        self.book
            .entries
            .into_iter()
            .take(named)
            .map(|entry| {
                let (before, now) = (entry.before, entry.now);
                Placed {
                    order_id: entry.id,
                    order_no: entry.order_no.into_owned(),
                    amount_added: now.amount - before.amount,
                    refund_added: now.refund_lines - before.refund_lines,
                    is_sale: now.sales > 0,
                    became_sale: now.sales > 0 && before.sales == 0,
                    ..entry.placed.unwrap_or_default()
                }
            })
            .collect()
    }
}

fn booked(entry: &Entry<'_>) -> Option<Booked> {
    let (before, now) = (&entry.before, &entry.now);
    let person = PersonNum::try_from(now.person?).ok()?;
    let counts = |figures: &Figures| !figures.stub && figures.person == now.person;
    let net = |figures: &Figures| if counts(figures) { figures.amount - figures.refunded } else { 0 };
    let net = net(now) - net(before);
    (net != 0).then(|| Booked {
        order_no: entry.order_no.clone().into_owned(),
        person,
        currency: now.currency,
        at: Time(now.at),
        net,
    })
}

/// A line that is to be written anyway is not marked down to less.
fn mark(fate: &mut Fate, to: Fate) {
    if matches!((*fate, to), (Fate::Stored, _) | (Fate::Stamped, Fate::Changed)) {
        *fate = to;
    }
}

fn refused(order: &OrderIn, now: &Figures) -> Option<Refusal> {
    if order.currency != now.currency {
        return Some(order_currency(now.currency));
    }
    if now.lines + order.lines.len() as i64 > LINES_STORED_MAX as i64 {
        return Some(too_many_lines());
    }
    // Twice the limit, since lines that come in again are not yet known to be the same.
    let sum: i64 = order.lines.iter().map(|line| line.amount_minor.abs()).sum();
    (now.amount.max(now.refund_lines) + sum > 2 * Money::LIMIT_MINOR).then(|| amount_overflow().field("lines"))
}

/// Signs agree: whatever says "refund" makes quantity and amount negative.
fn content<'a>(line: &'a LineIn, names: &Names<'_>) -> Content<'a> {
    let refund = line.quantity_milli < 0 || line.amount_minor < 0 || line.refund_of.is_some();
    let sign = |value: i64| if refund { -value.abs() } else { value };
    Content {
        product: names.product(&line.sku),
        quantity: sign(line.quantity_milli),
        price: line.price_minor,
        amount: sign(line.amount_minor),
        refund_of: line.refund_of.as_deref().map(Cow::Borrowed),
    }
}
