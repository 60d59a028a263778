//! Accounts of a store's leader and of a guide, so that signing in through WeCom, and what such people see, can be tried.

use super::living::Living;
use super::tills::store_code;
use crate::output;
use crate::workspace::Open;
use siyu_access::{Actor, Locale, NewUser, Role, Scope};
use siyu_kernel::{Chance, Refusal};

/// What a user changed later stays so.
pub fn make_team(open: &Open, living: &Living) -> Result<(), Refusal> {
    let (app, by) = (&open.app, Actor::system("demo"));
    for (role, leads) in [(Role::StoreManager, true), (Role::Guide, false)] {
        let found = living.world(|world| {
            let fits = |own: &usize| {
                world.staff[*own].leads == leads && world.staff[*own].store.is_some() && world.serves(*own)
            };
            let staff = &world.staff[(0..world.staff.len()).find(fits)?];
            Some((staff.userid.clone(), staff.name.clone(), staff.store?))
        });
        let Some((userid, name, store)) = found else { continue };
        // They come in through WeCom; nobody knows this password.
        let password = Chance::secret::<24>().iter().map(|byte| format!("{byte:02x}")).collect();
        let scope = Scope { all: false, regions: Vec::new(), stores: vec![store_code(store)] };
        let user = NewUser { email: format!("{userid}@siyu.example"), name, role, scope, locale: Locale::Zh, password };
        match app.access.add_user(app.now(), &by, user) {
            Ok(user) => drop(app.access.bind_staff(app.now(), &by, &user.id, Some(&userid))?),
            Err(refusal) if refusal.code == "email_taken" => {}
            Err(refusal) => return Err(refusal),
        }
        let (zh, en) = role.labels();
        output::say(
            &format!("企业微信扫码登录可选 {userid}（{zh}）"),
            &format!("To sign in through WeCom choose {userid} ({en})"),
        );
    }
    Ok(())
}
