//! Purchases: everybody buys at a rate of their own until, after one of their purchases, they do not come back (BG/NBD); trust, groups and messages
//! change the rate. Candidates are drawn at the highest possible rate and thinned out, so that a change of mind needs no new plan.

use super::*;

impl World {
    pub(super) fn plan_purchase(&mut self, person: PersonNo) {
        let Person { rate, alive, .. } = self.people[person];
        if alive && rate > 1e-4 {
            let days = self.people[person].dice.exponential(7.0 / (rate * parameters::BUYING_MOST));
            self.plan_in_hours(days * 24.0, Plan::Buy(person));
        }
    }

    /// By how much more than their own rate somebody buys now.
    fn inclination(&self, person: PersonNo) -> f64 {
        let here = &self.people[person];
        let mut times = 1.0;
        if here.relations.iter().any(|&r| self.relations[r].status == Status::Active) {
            times *= parameters::FRIENDS_BUY;
        }
        let (few, good, many) = parameters::GROUP_BUYS;
        times *= here.groups.iter().fold(1.0f64, |best, &g| {
            best.max(match self.groups[g].members.len() {
                ..40 => few,
                40..=100 => good,
                _ => many,
            })
        });
        if self.now < here.put_off_until { times * 0.6 } else { times }
    }

    pub(super) fn consider(&mut self, person: PersonNo) {
        if !self.lively || !self.people[person].alive {
            return;
        }
        let inclination = self.inclination(person);
        if self.people[person].dice.chance(inclination / parameters::BUYING_MOST) {
            self.buy(person, None);
            let dropout = self.people[person].dropout;
            if self.people[person].dice.chance(dropout) {
                self.people[person].alive = false;
            }
        } else {
            let product = self.people[person].dice.below(self.products.len());
            self.visit(person, product);
            if self.people[person].dice.chance(parameters::CARTS) {
                self.tell(What::Carted { person, product });
            }
        }
        self.plan_purchase(person);
    }

    pub(super) fn buy_because(&mut self, person: PersonNo, cause: (Reach, usize)) {
        if self.people[person].alive {
            self.buy(person, Some(cause));
        }
    }

    fn visit(&mut self, person: PersonNo, product: usize) {
        // The accounts of one cheat share a telephone and a line.
        let owner = self.people[person].ring.map_or(person, |ring| 1_000_000_000 + ring);
        let device = format!("dev-{:012x}", crate::dice::mix(self.seed ^ owner as u64) >> 16);
        let line = crate::dice::mix(owner as u64 ^ 77);
        let address = format!("10.{}.{}.{}", line % 251, line >> 8 & 255, line >> 16 & 255);
        self.tell(What::Visited { person, product, device, address });
    }

    /// A purchase of now. Returns the order's number.
    pub fn buy(&mut self, person: PersonNo, cause: Option<(Reach, usize)>) -> usize {
        let mut dice = self.people[person].dice;
        let mut items = vec![(dice.below(self.products.len()), 1)];
        let mut more = dice.exponential(parameters::MORE_ITEMS);
        while more > 1.0 {
            items.push((dice.below(self.products.len()), 1 + u32::from(dice.chance(0.1))));
            more -= 1.0;
        }
        let friend =
            self.people[person].relations.iter().rev().copied().find(|&r| self.relations[r].status == Status::Active);
        let guide = friend.filter(|_| dice.chance(parameters::THROUGH_GUIDE)).map(|r| self.relations[r].staff);
        let home = self.people[person].store;
        let store = match guide.and_then(|staff| self.staff[staff].store) {
            _ if !dice.chance(parameters::SAME_CITY) => dice.below(self.stores.len()),
            Some(store) => store,
            None => home,
        };
        let full: i64 = items.iter().map(|&(product, count)| self.products[product].price * i64::from(count)).sum();
        let discount = self.people[person].sensitivity * if cause.is_some() { 0.3 } else { 0.15 };
        let amount = (full as f64 * (1.0 - discount) / 10.0).round() as i64 * 10;
        let order = self.orders.len();
        let refund = dice.chance(parameters::REFUNDS).then(|| dice.exponential(parameters::REFUND_DAYS));
        self.people[person].dice = dice;
        self.visit(person, items[0].0);
        self.tell(What::Carted { person, product: items[0].0 });
        self.orders.push(Order { person, at: self.now, store, guide, items: items.clone(), amount, refunded: 0 });
        self.people[person].orders.push(order);
        self.tell(What::Purchased { person, order, store, guide, items, amount, cause });
        if let Some(days) = refund {
            self.plan_in_hours(days * 24.0, Plan::Refund(order));
        }
        order
    }

    pub(super) fn refund(&mut self, order: usize) {
        let Order { person, amount, refunded, .. } = self.orders[order];
        if refunded == 0 {
            self.orders[order].refunded = amount;
            self.tell(What::Refunded { person, order, amount });
        }
    }
}
