//! The demo brand's pool of leads: friends who were lost meanwhile, and at the end a list of phones from a fair, some of them in guides' hands.

use super::entrances::guides;
use crate::workspace::Open;
use siyu_kernel::{Identifier, Kind, Refusal};
use siyu_leads::{Contact, LeadQuery, Mode, PutIn, Rule, Settings, Sight, View, Who};
use siyu_people::TraitIn;

const MADE: &str = "demo.leads";
const PHONES: usize = 160;
const FAIR: &str = "美妆展会留资";
const NAMES: [&str; 8] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄"];

/// Before the brand's life: lost friends come into the pool.
pub fn open_pool(open: &Open) -> Result<(), Refusal> {
    let app = open.app.clone();
    open.app.db.transact(move |tx| {
        if app.leads.settings(tx)? == Settings::default() {
            let settings = Settings { walks: vec!["lost".into()], ..Settings::default() };
            app.leads.set_settings(tx, &settings, app.now())?;
        }
        Ok(())
    })
}

/// Once, after it: what a user changed or removed later stays so.
pub fn fill_pool(open: &Open) -> Result<(), Refusal> {
    let app = &open.app;
    if app.db.read(|tx| super::noted_in(tx, MADE))?.is_some() {
        return Ok(());
    }
    let staff = guides(app)?;
    let own = app.clone();
    app.db.transact(move |tx| {
        let now = own.now();
        for n in 0..PHONES {
            let phone = format!("1990010{:04}", 1000 + n * 37 % 9000);
            let phone = Identifier::new(Kind::Phone, &phone).map_err(Refusal::internal)?;
            let value = phone.value.clone();
            let who = own.people.prepare([phone], now);
            let Some(found) = own.people.resolve(tx, &[who], "demo", now)?.pop().flatten() else { continue };
            let name = format!("{}女士", NAMES[n % NAMES.len()]);
            let field = |name: &str, value: String| TraitIn {
                num: found.node,
                name: name.to_owned(),
                value: value.into(),
                at: now,
            };
            own.people.set_traits(tx, &[field("name", name), field("phone", value)], "demo", now)?;
            let input = PutIn {
                num: found.node,
                source: "import".into(),
                channel: if n % 3 == 0 { "ad".into() } else { String::new() },
                note: FAIR.into(),
                by: "demo".into(),
                ..PutIn::default()
            };
            own.leads.put(tx, &input, now)?;
        }
        let rule = |name: &str, active, mode| Rule { name: name.into(), active, mode, ..Rule::default() };
        let rules = [rule("门店线索给本店导购", false, Mode::Store), rule("其余按转化率分配", false, Mode::Conversion)];
        own.leads.set_rules(tx, &rules, "demo", now)?;
        super::note_within(tx, MADE, "1")
    })?;
    let query = LeadQuery { view: View::Pool, source: Some("import".into()), limit: 72, ..LeadQuery::default() };
    let leads = app.db.read(|tx| app.leads.list(tx, &Sight::Everything, &query))?;
    for (n, lead) in leads.into_iter().enumerate() {
        let (own, userid) = (app.clone(), staff[n % staff.len().clamp(1, 12)].clone());
        app.db.transact(move |tx| {
            let key = userid.to_lowercase();
            let who = Who { sight: Sight::Everything, staff: Some(key), name: userid.clone() };
            own.leads.claim(tx, &who, &lead.id, own.now())?;
            if (n + n / 12) % 3 > 0 {
                let result = if n % 2 == 0 { "reached" } else { "no_answer" };
                let contact = Contact { way: "phone".into(), result: result.into(), note: String::new() };
                own.leads.contact(tx, &who, &lead.id, &contact, own.now())?;
            }
            Ok(())
        })?;
    }
    Ok(())
}
