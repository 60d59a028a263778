//! What would be wrong with an SMS account: `SMS_KEY=… SMS_SECRET=… cargo run -p siyu-sms --example check_sms` for Aliyun; with `SMS_APP` (SdkAppId) for
//! Tencent Cloud. Sends nothing.

use siyu_kernel::clocks;
use siyu_sms::{ALIYUN, Aliyun, AliyunKeys, HttpTransport, Sms, TENCENT, Tencent, TencentKeys, Wiring};
use std::env::var;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let (Ok(key), Ok(secret)) = (var("SMS_KEY"), var("SMS_SECRET")) else {
        eprintln!("set SMS_KEY and SMS_SECRET");
        return ExitCode::from(2);
    };
    let wiring = Wiring::new(Arc::new(HttpTransport::default()), clocks::system());
    let sms: Box<dyn Sms> = match var("SMS_APP") {
        Ok(app_id) => {
            let region = var("SMS_REGION").unwrap_or_else(|_| "ap-guangzhou".into());
            let keys = TencentKeys { secret_id: key, secret_key: secret, token: None, app_id, region };
            Box::new(Tencent::new(keys, TENCENT, wiring))
        }
        Err(_) => Box::new(Aliyun::new(AliyunKeys { key_id: key, key_secret: secret, token: None }, ALIYUN, wiring)),
    };
    for one in sms.check() {
        println!("{:?} {} {}\n   {} {}", one.health, one.title.0, one.title.1, one.detail.0, one.detail.1);
        if !one.remedy.0.is_empty() {
            println!("   → {}\n   → {}", one.remedy.0, one.remedy.1);
        }
    }
    ExitCode::SUCCESS
}
