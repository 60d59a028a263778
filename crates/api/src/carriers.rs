//! The accounts of mail and SMS together: how they are made, how they are doing, where this server is reached.

use crate::error::Answer;
use crate::gate::{PeopleRead, SettingsWrite};
use crate::people_reader::{note, write};
use crate::{App, Body, Endpoints, May, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_access::Locale;
use siyu_carriers::{AccountState, Accounts, Beside, Parts, Wires};
use siyu_db::{Db, Tx};
use siyu_guides::Guides;
use siyu_kernel::{Chance, Clock, Refusal, Time, Vault};
use siyu_log::Log;
use siyu_people::People;
use std::sync::Arc;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(status, address, set_address)
}

/// What lies beside: the guides' pages are on this server, too.
struct Around(Guides);
impl Beside for Around {
    fn address(&self, tx: &mut Tx<'_>) -> Result<Option<String>, Refusal> {
        Ok(Some(self.0.settings(tx)?.address).filter(|own| !own.is_empty()))
    }
}

/// The accounts of mail and SMS. Whoever sends says so with [`Accounts::set_heard`].
#[allow(clippy::too_many_arguments, reason = "each is a part of the program that the accounts work with")]
pub fn carriers(
    db: &Db,
    vault: &Vault,
    log: &Log,
    people: &People,
    guides: &Guides,
    wires: Arc<dyn Wires>,
    chance: &Arc<Chance>,
    clock: &Arc<dyn Clock>,
) -> Accounts {
    Accounts::new(Parts {
        db: db.clone(),
        vault: vault.clone(),
        log: log.clone(),
        people: people.clone(),
        chance: Arc::clone(chance),
        clock: Arc::clone(clock),
        wires,
        beside: Arc::new(Around(guides.clone())),
    })
}

#[derive(Serialize, ToSchema)]
struct CarriersStatus {
    /// Null: there is no account.
    mail: Option<CarrierState>,
    sms: Option<CarrierState>,
    /// Whether somebody who gets marketing can unsubscribe: this server's address is known.
    unsubscribing: bool,
}

#[derive(Serialize, ToSchema)]
struct CarrierState {
    on: bool,
    /// What has to be put right; what is to go out waits meanwhile, and nothing is lost.
    trouble: Option<CarrierTrouble>,
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Time>,
}

#[derive(Serialize, ToSchema)]
struct CarrierTrouble {
    code: String,
    /// What it means, and what to do.
    detail: String,
    remedy: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Time>,
}

#[derive(Serialize, ToSchema)]
struct ServerAddress {
    /// As it was entered here; null when not.
    address: Option<String>,
    /// The one in use: that of the guides' pages when none was entered.
    used: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ServerAddressIn {
    /// `https://` and a host; empty removes it.
    address: String,
}

fn state(own: AccountState, zh: bool) -> CarrierState {
    let pick = |(en, own): (&'static str, &'static str)| if zh { own } else { en }.to_owned();
    let trouble = own.trouble.map(|code| {
        let [what, advice] = Accounts::said(&code).unwrap_or([("It was refused.", "被拒绝。"), ("", "")]);
        CarrierTrouble { detail: pick(what), remedy: pick(advice), code, since: own.trouble_at }
    });
    CarrierState { on: own.on, trouble, checked_at: own.checked_at }
}

/// Shows how the accounts of mail and SMS are doing, without asking them.
///
/// 邮件与短信账号的状态：是否启用、异常与处理办法。
#[utoipa::path(get, path = "/carriers/status", tag = "Mail and SMS", responses((status = 200, body = CarriersStatus)))]
async fn status(may: May<PeopleRead>, State(app): State<App>) -> Answer<Json<CarriersStatus>> {
    let zh = may.locale == Locale::Zh;
    let own = app.run(|app| app.db.read(|tx| app.carriers.status(tx))).await?;
    Ok(Json(CarriersStatus {
        mail: own.mail.map(|own| state(own, zh)),
        sms: own.sms.map(|own| state(own, zh)),
        unsubscribing: own.address.is_some(),
    }))
}

/// Shows where this server is reached: the address in links for unsubscribing.
///
/// 本系统的公网地址，用于退订链接与短信推送。
#[utoipa::path(get, path = "/carriers/address", tag = "Mail and SMS", responses((status = 200, body = ServerAddress)))]
async fn address(_: May<SettingsWrite>, State(app): State<App>) -> Answer<Json<ServerAddress>> {
    let answer = app.run(|app| {
        app.db.read(|tx| Ok(ServerAddress { address: app.carriers.own_address(tx)?, used: app.carriers.address(tx)? }))
    });
    answer.await.map(Json)
}

/// Says where this server is reached.
///
/// 设置本系统的公网地址。
///
/// Errors: `unsubscribe_address`.
#[utoipa::path(put, path = "/carriers/address", tag = "Mail and SMS", request_body = ServerAddressIn, responses((status = 200, body = ServerAddress)))]
async fn set_address(
    may: May<SettingsWrite>,
    State(app): State<App>,
    Body(input): Body<ServerAddressIn>,
) -> Answer<Json<ServerAddress>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            app.carriers.set_address(tx, &input.address)?;
            note(app, tx, &caller, "carriers.address", "address", &json!({ "set": !input.address.trim().is_empty() }))?;
            Ok(ServerAddress { address: app.carriers.own_address(tx)?, used: app.carriers.address(tx)? })
        })
    });
    answer.await.map(Json)
}
