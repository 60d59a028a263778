//! What comes back of mail, from a mail server's pipe.

use crate::args::{Mail, MailCommand, Place};
use crate::output;
use crate::workspace::Folder;
use serde_json::json;
use siyu_db::OpenMode;
use siyu_kernel::Refusal;
use std::io::Read;

pub fn mail(args: &Mail, json: bool) -> Result<(), Refusal> {
    match &args.command {
        MailCommand::Report(place) => report(place, json),
    }
}

/// Beyond what is read of any mail; the rest of a larger one is not waited for.
const RAW_BYTES_MAX: u64 = (10 << 20) + 1;

fn report(place: &Place, json: bool) -> Result<(), Refusal> {
    let mut raw = Vec::new();
    std::io::stdin().lock().take(RAW_BYTES_MAX).read_to_end(&mut raw).map_err(Refusal::internal)?;
    let open = Folder::open(&place.data)?.open_all(OpenMode::Check, false)?;
    let (accounts, now) = (open.app.carriers.clone(), open.app.now());
    let heard = match open.app.db.transact(move |tx| accounts.hear_mail(tx, &raw, now)) {
        Ok(heard) => heard,
        // A refusal would come back to its sender as another bounce.
        Err(refusal) if ["mail_report_unread", "mail_report_foreign", "mail_report_size"].contains(&refusal.code) => {
            if json {
                output::line(&json!({ "passed_over": refusal.code }));
            } else {
                output::say(&format!("已忽略：{}", refusal.zh), &format!("Passed over: {}", refusal.en));
            }
            return Ok(());
        }
        Err(refusal) => return Err(refusal),
    };
    if json {
        output::line(&json!({ "taken": heard.taken, "passed": heard.passed, "left_alone": heard.left_alone }));
    } else {
        output::say(
            &format!("新报告 {}，重复或非最终 {}，新增免打扰地址 {}。", heard.taken, heard.passed, heard.left_alone),
            &format!("{} new, {} passed over, {} addresses left alone.", heard.taken, heard.passed, heard.left_alone),
        );
    }
    Ok(())
}
