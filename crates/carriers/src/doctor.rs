//! How the accounts are doing, without asking anybody.

use crate::Accounts;
use crate::mail::MailAccount;
use crate::shelf::{Kind, Row};
use crate::sms::SmsAccount;
use siyu_db::Tx;
use siyu_kernel::{Finding, Health, Refusal, Time};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    pub on: bool,
    /// The code of what has to be put right.
    pub trouble: Option<String>,
    pub trouble_at: Option<Time>,
    pub checked_at: Option<Time>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    pub mail: Option<AccountState>,
    pub sms: Option<AccountState>,
    /// Whether somebody who gets mail can unsubscribe: it is known where this server is reached.
    pub address: Option<String>,
}

const MAIL: (&str, &str) = ("Mail account", "邮件账号");
const SMS: (&str, &str) = ("SMS account", "短信账号");
const ADDRESS: (&str, &str) = ("Address for unsubscribing", "退订地址");
const BOUNCES: (&str, &str) = ("Mailbox for bounces", "退信邮箱");

/// Meaning and advice of a code of the ports: (English, Chinese) each.
fn words(code: &str) -> Option<[(&'static str, &'static str); 2]> {
    let mail = siyu_mail::ALL.iter().find(|own| own.name == code);
    let sms = siyu_sms::codes::ALL.iter().find(|own| own.name == code);
    mail.map(|own| [(own.en, own.zh), (own.advice_en, own.advice_zh)])
        .or_else(|| sms.map(|own| [(own.en, own.zh), (own.advice_en, own.advice_zh)]))
}

fn of_account(key: &'static str, title: (&'static str, &'static str), own: &AccountState) -> Finding {
    let said = |en: &str, zh: &str| (en.to_owned(), zh.to_owned());
    match own.trouble.as_deref() {
        Some(code) => {
            let [what, advice] = words(code)
                .unwrap_or([("It was refused.", "被拒绝。"), ("Check it in the settings.", "请在设置中检查。")]);
            let waits = (
                format!("{} What is to go out waits; nothing is lost.", what.0),
                format!("{}待发内容已暂停等待，不会丢失。", what.1),
            );
            Finding::wrong(key, Health::Fail, title, waits, advice)
        }
        None if !own.on => Finding::ok(key, title, said("It is switched off.", "已停用。")),
        None => Finding::ok(key, title, said("Nothing is known to be wrong.", "未发现异常。")),
    }
}

fn state(row: &Row, on: bool) -> AccountState {
    AccountState { on, trouble: row.trouble.clone(), trouble_at: row.trouble_at, checked_at: row.checked_at }
}

impl Accounts {
    pub fn status(&self, tx: &mut Tx<'_>) -> Result<Status, Refusal> {
        let mut out = Status { address: self.address(tx)?, ..Status::default() };
        if let Some(row) = self.row(tx, Kind::Mail)? {
            out.mail = Some(state(&row, row.body::<MailAccount>()?.on));
        }
        if let Some(row) = self.row(tx, Kind::Sms)? {
            out.sms = Some(state(&row, row.body::<SmsAccount>()?.on));
        }
        Ok(out)
    }
    /// Empty while there is no account.
    pub fn diagnose(&self, tx: &mut Tx<'_>) -> Result<Vec<Finding>, Refusal> {
        let status = self.status(tx)?;
        let mut out = Vec::new();
        if let Some(own) = &status.mail {
            out.push(of_account("mail_account", MAIL, own));
            if self.mail_account(tx)?.account.bounce.is_empty() {
                let words = (
                    "There is none: nobody hears of addresses that take no mail.".to_owned(),
                    "未设置，无法得知无效地址。".to_owned(),
                );
                out.push(Finding::wrong(
                    "mail_bounces",
                    Health::Warn,
                    BOUNCES,
                    words,
                    ("Enter one in the settings of mail.", "请在邮件设置中填写。"),
                ));
            }
            if status.address.is_none() {
                let words = (
                    "It is not known where this server is reached: marketing mail cannot go out.".to_owned(),
                    "尚未设置本系统的公网地址，营销邮件无法发送。".to_owned(),
                );
                let remedy = (
                    "Enter the https address of this server in the settings of mail.",
                    "请在邮件设置中填写本系统的 https 地址。",
                );
                out.push(Finding::wrong("unsubscribe_address", Health::Warn, ADDRESS, words, remedy));
            }
        }
        if let Some(own) = &status.sms {
            out.push(of_account("sms_account", SMS, own));
        }
        Ok(out)
    }
    /// What a code of an account means and what to do, in (English, Chinese).
    pub fn said(code: &str) -> Option<[(&'static str, &'static str); 2]> {
        words(code)
    }
}
