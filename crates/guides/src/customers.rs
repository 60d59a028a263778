//! The customers of a seat. Every look at a customer begins here: who is no friend of the seat's staff is unknown to it.

use crate::texts::{part, token};
use crate::{Guides, Seat, refuse};
use siyu_db::{DbError, Param, RowRef, Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};

/// A customer a seat sees, through the relation it sees them by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub contact: String,
    /// The identity WeCom's customer was first seen as, and the person it belongs to now.
    pub num: PersonNum,
    pub root: PersonNum,
    pub name: String,
    pub avatar: String,
    pub relation: Relation,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// By key.
    pub staff: String,
    pub userid: String,
    pub staff_name: String,
    pub remark: String,
    pub description: String,
    pub add_way: i64,
    /// The state of the code they came by.
    pub state: String,
    pub since: Time,
    /// False while the customer has not accepted.
    pub mutual: bool,
    pub mine: bool,
}

#[derive(Clone, Debug, Default)]
pub struct CustomerQuery {
    /// Part of a name or remark.
    pub text: Option<String>,
    /// `new` (friends for 7 days at most), `bought`, `no_order` or `lapsed` (last order 60 days ago or more).
    pub only: Option<String>,
    pub stage: Option<String>,
    /// A tag's id.
    pub tag: Option<String>,
    /// A member of staff the seat sees.
    pub staff: Option<String>,
    pub after: Option<String>,
    pub limit: i64,
}

#[derive(Clone, Debug)]
pub struct CustomerRow {
    pub customer: Customer,
    pub stage: Option<String>,
    /// Hand it back as `after`.
    pub token: String,
}

pub const NEW_DAYS: i64 = 7;
pub const LAPSED_DAYS: i64 = 60;
pub const ONLY: [&str; 4] = ["new", "bought", "no_order", "lapsed"];

const COLUMNS: &str = "f.contact, c.num, p.root, c.name, c.avatar, f.staff, COALESCE(s.userid, f.staff), COALESCE(s.name, ''), f.remark, f.description, f.add_way, f.state, f.created_at, f.status";
const FROM: &str = "FROM wecom_follow f JOIN wecom_contact c ON c.id = f.contact JOIN person p ON p.num = c.num AND p.state <> 2 LEFT JOIN wecom_staff s ON s.key = f.staff";
/// All identities of the person of a row.
pub(crate) const NODES: &str =
    "(SELECT p.root UNION ALL SELECT n.num FROM person n WHERE n.root = p.root AND n.root <> n.num)";

fn read(row: RowRef<'_>, seat: &Seat) -> Result<Customer, DbError> {
    let staff = row.text(5)?;
    Ok(Customer {
        contact: row.text(0)?,
        num: row.num(1)?,
        root: row.num(2)?,
        name: row.text(3)?,
        avatar: row.text(4)?,
        relation: Relation {
            mine: staff == seat.key,
            staff,
            userid: row.text(6)?,
            staff_name: row.text(7)?,
            remark: row.text(8)?,
            description: row.text(9)?,
            add_way: row.int(10)?,
            state: row.text(11)?,
            since: row.time(12)?,
            mutual: row.int(13)? == 0,
        },
    })
}

impl Guides {
    /// The customer of WeCom's id, when the seat sees them: by the seat's own relation, else by the oldest of its staff's.
    ///
    /// Errors: `guide_customer_unknown`.
    pub fn customer(&self, tx: &mut Tx<'_>, seat: &Seat, contact: &str) -> Result<Customer, Refusal> {
        let sql = format!(
            "SELECT {COLUMNS} {FROM} WHERE f.contact = $1 AND f.status IN (0, 1) ORDER BY f.created_at, f.staff"
        );
        let all = tx.query(&sql, params![contact], |row| read(row, seat))?;
        let mut seen: Vec<Customer> = all.into_iter().filter(|one| seat.covers(&one.relation.staff)).collect();
        let own = seen.iter().position(|one| one.relation.mine).unwrap_or(0);
        if seen.is_empty() { Err(refuse::customer_unknown()) } else { Ok(seen.swap_remove(own)) }
    }
    /// Whether a seat sees the person of one of these identities.
    pub(crate) fn sees_person(
        &self,
        tx: &mut Tx<'_>,
        seat: &Seat,
        num: PersonNum,
    ) -> Result<Option<Customer>, Refusal> {
        let roots = self.inner.people.roots(tx, &[num])?;
        let nodes: Vec<i64> =
            self.inner.people.nodes_of(tx, &roots)?.into_iter().map(|(node, _)| i64::from(node)).collect();
        let sql = format!(
            "SELECT {COLUMNS} {FROM} WHERE {} AND f.status IN (0, 1) ORDER BY f.created_at, f.staff",
            tx.any("c.num", 1)
        );
        let all = tx.query(&sql, params![&nodes], |row| read(row, seat))?;
        let mut seen: Vec<Customer> = all.into_iter().filter(|one| seat.covers(&one.relation.staff)).collect();
        let own = seen.iter().position(|one| one.relation.mine).unwrap_or(0);
        Ok(if seen.is_empty() { None } else { Some(seen.swap_remove(own)) })
    }

    /// The newest friendship first.
    ///
    /// Errors: `page_token`, `guide_staff_unknown`, `guide_filter`.
    pub fn customers(&self, tx: &mut Tx<'_>, seat: &Seat, query: &CustomerQuery) -> Result<Vec<CustomerRow>, Refusal> {
        let now = self.now();
        let keys = match &query.staff {
            Some(userid) => Some(vec![self.colleague(tx, seat, userid)?]),
            None => seat.keys(),
        };
        let only = query.only.as_deref().unwrap_or_default();
        if !only.is_empty() && !ONLY.contains(&only) {
            return Err(unknown_filter());
        }
        let bought = "EXISTS (SELECT 1 FROM customer k WHERE k.root = p.root AND k.orders > 0)";
        let wanted = match only {
            "new" => "f.created_at >= $6".to_owned(),
            "bought" => format!("{bought} AND CAST($6 AS BIGINT) IS NOT NULL"),
            "no_order" => format!("NOT {bought} AND CAST($6 AS BIGINT) IS NOT NULL"),
            "lapsed" => {
                "$6 >= (SELECT MAX(k.last_at) FROM customer k WHERE k.root = p.root AND k.orders > 0)".to_owned()
            }
            _ => "CAST($6 AS BIGINT) IS NOT NULL".to_owned(),
        };
        let bound = now.plus_days(if only == "lapsed" { -LAPSED_DAYS } else { -NEW_DAYS });
        let staff = if keys.is_some() { tx.any("f.staff", 1) } else { "$1 = ''".to_owned() };
        let stage =
            format!("(SELECT g.stage FROM guide_place g WHERE g.num IN {NODES} ORDER BY g.at DESC, g.num LIMIT 1)");
        let after = token(query.after.as_deref())?;
        let (at, contact) = after.unwrap_or((i64::MAX, String::new()));
        let sql = format!(
            "SELECT {COLUMNS}, {stage} {FROM} WHERE f.status IN (0, 1) AND {staff}
               AND ($2 = '' OR LOWER(c.name) LIKE $3 ESCAPE '\\' OR LOWER(f.remark) LIKE $3 ESCAPE '\\')
               AND ($4 = '' OR {stage} = $4)
               AND ($5 = '' OR EXISTS (SELECT 1 FROM person_tag pt JOIN tag t ON t.num = pt.tag WHERE t.id = $5 AND pt.num IN {NODES} AND (pt.expires_at IS NULL OR pt.expires_at > $7)))
               AND {wanted}
               AND (f.created_at < $8 OR (f.created_at = $8 AND f.contact || '/' || f.staff > $9))
             ORDER BY f.created_at DESC, f.contact || '/' || f.staff LIMIT $10"
        );
        let given = |text: &Option<String>| text.as_deref().map(str::trim).unwrap_or_default().to_owned();
        let (text, stage, tag) = (given(&query.text), given(&query.stage), given(&query.tag));
        let like = part(&text);
        let first: Param<'_> = keys.as_ref().map_or("".into(), Into::into);
        let binds = [
            first,
            (&text).into(),
            (&like).into(),
            (&stage).into(),
            (&tag).into(),
            bound.into(),
            now.into(),
            at.into(),
            (&contact).into(),
            query.limit.clamp(1, 201).into(),
        ];
        Ok(tx.query(&sql, &binds, |row| {
            let customer = read(row, seat)?;
            let token = format!("{}.{}/{}", customer.relation.since.0, customer.contact, customer.relation.staff);
            Ok(CustomerRow { customer, stage: row.opt_text(14)?, token })
        })?)
    }
}

fn unknown_filter() -> Refusal {
    Refusal::invalid(
        "guide_filter",
        format!("`only` is one of: {}.", ONLY.join(", ")),
        format!("only 可用：{}。", ONLY.join("、")),
    )
    .field("only")
}
