//! Handing customers and groups from one member of staff to others.
//!
//! Nouns: **job** – what somebody asked for, with its reason; **pair** – who gives and who takes, for WeCom takes them one pair a call;
//! **item** – one customer or group on its way.
//!
//! Invariants
//! - Every item is in exactly one state, so the counts of a job's states are its total at every instant.
//! - A customer or group is in one living transfer at most (a unique index).
//! - An item is marked `sending` before WeCom is asked. Whoever finds it so after a crash looks up what became of it before asking again.
//! - WeCom's own record settles an item; callbacks only say when to look. What the mirror shows of it changes in the same unit.

mod job;
mod leavers;
mod plan;
mod send;
mod settle;
mod share;

pub use job::{HandoverCounts, HandoverItem, HandoverJob, ItemQuery};
pub use leavers::LeaverRow;
pub use plan::{Forecast, HandoverIn, Only, TakerForecast, TakerIn, What};
pub(crate) use settle::Given;

/// States in which an item is on its way.
pub(crate) const LIVE: &str = "('planned', 'sending', 'sent', 'waiting')";

/// Why a customer or group is not handed over, for people: English and Chinese. WeCom's own codes have their sentences in the port.
pub fn handover_reason(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "not_friends" => ("No longer a friend of who hands over.", "已不是交出人的好友。"),
        "in_transfer" => ("Is in another hand-over that has not ended.", "正在另一次交接中，尚未结束。"),
        "twice_in_90_days" => (
            "Was handed over twice within 90 days, which is as often as WeCom allows.",
            "90 天内已转接两次，达到企业微信上限。",
        ),
        "takeover_has_customer" => {
            ("Everybody who could take over has this customer already.", "接手人都已是该客户的好友。")
        }
        "not_unassigned" => {
            ("WeCom does not list this customer as waiting for a new guide.", "企业微信的待分配列表里没有该客户。")
        }
        "customer_refused" => ("The customer refused.", "客户拒绝了转接。"),
        "takeover_full" => ("Who takes over has as many customers as allowed.", "接手人的客户数已达上限。"),
        "no_record" => ("WeCom has no record of this transfer.", "企业微信没有这次转接的记录。"),
        "unknown_status" => ("WeCom answered with a state that is not documented.", "企业微信返回了未知的转接状态。"),
        "group_dismissed" => ("The group was dismissed.", "群已解散。"),
        "owner_unchanged" => ("Who takes over owns the group already.", "接手人已是群主。"),
        "erased" => ("The customer was erased.", "客户资料已被删除。"),
        _ => return None,
    })
}
