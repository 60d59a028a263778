//! Conditions on what people bought.

use crate::eval::Eval;
use crate::set::Set;
use crate::test::IntTest;
use roaring::RoaringBitmap;
use siyu_db::{DbError, Param, params};
use siyu_kernel::Refusal;

impl Eval<'_, '_> {
    pub(crate) fn roots(&mut self, sql: &str, params: &[Param<'_>]) -> Result<RoaringBitmap, DbError> {
        let mut roots = RoaringBitmap::new();
        self.tx.each(sql, params, |row| {
            roots.insert(row.num(0)?);
            Ok(())
        })?;
        Ok(roots)
    }
    /// The currency of all orders, when they have but one: then an index answers instead of a sum per person.
    fn only_currency(&mut self) -> Result<Option<String>, DbError> {
        if self.only_currency.is_none() {
            let sql = "SELECT (SELECT MIN(currency) FROM customer), (SELECT MAX(currency) FROM customer)";
            let (low, high) = self.tx.one(sql, &[], |row| Ok((row.opt_text(0)?, row.opt_text(1)?)))?;
            self.only_currency = Some(low.filter(|low| Some(low) == high.as_ref()));
        }
        Ok(self.only_currency.clone().flatten())
    }
    /// A number that is 0 for people without a row: when 0 fits, the set is everybody but those who do not fit.
    fn counted_from_zero(test: &IntTest, roots: RoaringBitmap) -> Set {
        if test.holds(0) { Set::AllBut(roots) } else { Set::These(roots) }
    }

    pub(crate) fn order_count(&mut self, test: &IntTest) -> Result<Set, Refusal> {
        let opposite = test.holds(0);
        let roots = match self.only_currency()? {
            Some(currency) => {
                let clause = test.clause(self.tx, "orders", 2, opposite);
                let sql = format!("SELECT root FROM customer WHERE currency = $1 AND {clause}");
                self.roots(&sql, params![&currency, test.param()])?
            }
            None => {
                let clause = test.clause(self.tx, "CAST(SUM(orders) AS BIGINT)", 1, opposite);
                self.roots(&format!("SELECT root FROM customer GROUP BY root HAVING {clause}"), params![test.param()])?
            }
        };
        Ok(Self::counted_from_zero(test, roots))
    }
    /// An amount in the workspace currency.
    pub(crate) fn in_currency(&mut self, expression: &str, test: &IntTest) -> Result<Set, Refusal> {
        let clause = test.clause(self.tx, expression, 2, test.holds(0));
        let sql = format!("SELECT root FROM customer WHERE currency = $1 AND {clause}");
        let roots = self.roots(&sql, params![self.ctx.currency.code(), test.param()])?;
        Ok(Self::counted_from_zero(test, roots))
    }
    pub(crate) fn average(&mut self, test: &IntTest) -> Result<Set, Refusal> {
        // Exact: amounts lie far below 2^53, so the quotient never rounds across a whole number.
        let clause = test.clause(self.tx, "amount * 1.0 / orders", 2, false);
        let sql = format!("SELECT root FROM customer WHERE currency = $1 AND orders > 0 AND {clause}");
        Ok(Set::These(self.roots(&sql, params![self.ctx.currency.code(), test.param()])?))
    }
    /// First or last order in any currency, from and up to but not including.
    pub(crate) fn ordered_between(&mut self, column: &str, fold: &str, range: (i64, i64)) -> Result<Set, Refusal> {
        let (from, to) = range;
        let roots = match self.only_currency()? {
            Some(currency) => {
                let sql = format!("SELECT root FROM customer WHERE currency = $1 AND {column} >= $2 AND {column} < $3");
                self.roots(&sql, params![&currency, from, to])?
            }
            None => {
                let value = format!("{fold}({column})");
                let sql = format!("SELECT root FROM customer GROUP BY root HAVING {value} >= $1 AND {value} < $2");
                self.roots(&sql, params![from, to])?
            }
        };
        Ok(Set::These(roots))
    }
    /// Sale lines of products of a category.
    pub(crate) fn category(&mut self, name: &str, test: &IntTest) -> Result<Set, Refusal> {
        let clause = test.clause(self.tx, "COUNT(*)", 2, test.holds(0));
        let sql = format!(
            "SELECT o.root FROM order_line l JOIN orders o ON o.id = l.orders
             WHERE l.product IN (SELECT id FROM product WHERE category = $1) AND l.quantity >= 0 AND l.amount_minor >= 0
               AND l.refund_of IS NULL AND o.root IS NOT NULL
             GROUP BY o.root HAVING {clause}"
        );
        let roots = self.roots(&sql, params![name, test.param()])?;
        Ok(Self::counted_from_zero(test, roots))
    }
    pub(crate) fn any_store(&mut self) -> Result<Set, Refusal> {
        Ok(Set::These(self.roots("SELECT DISTINCT root FROM person_store", &[])?))
    }
}
