//! A simulated WeCom on an address of its own.

use crate::args::Sandbox as Args;
use crate::{output, serve};
use serde_json::json;
use siyu_kernel::{Refusal, clocks};
use siyu_sandbox::{Faults, Options, Sandbox, Scale, WorldClock};
use std::net::SocketAddr;

pub fn sandbox(args: &Args, as_json: bool) -> Result<(), Refusal> {
    let listen: SocketAddr = args.listen.parse().map_err(|_| {
        let en = "`--listen` is an address and a port, as 127.0.0.1:9090.";
        Refusal::invalid("sandbox_listen", en, "--listen 应为地址与端口，例如 127.0.0.1:9090。").field("listen")
    })?;
    if !listen.ip().is_loopback() && !args.public {
        let en = "Others can reach this address, and the sandbox obeys everybody: choose a loopback address or add `--public`.";
        let zh = "该地址可被其他机器访问，而沙箱不做身份验证：请使用回环地址，或加上 --public。";
        return Err(Refusal::invalid("sandbox_public", en, zh).field("listen"));
    }
    let scale = Scale::parse(&args.scale).ok_or_else(|| {
        Refusal::invalid("sandbox_scale", "`--scale` is small, city or chain.", "--scale 取值为 small、city 或 chain。")
            .field("scale")
    })?;
    let faults = Faults::parse(&args.faults).map_err(|wrong| {
        let (en, zh) = (
            format!("`--faults`: {wrong}."),
            "--faults 的写法为 名称=比例，以逗号分隔，例如 duplicate=0.1,late=0.05。",
        );
        Refusal::invalid("sandbox_faults", en, zh).field("faults")
    })?;
    let wall = clocks::system();
    let clock = if args.standing { WorldClock::standing(wall.now()) } else { WorldClock::following(wall.clone()) };
    // Whoever receives callbacks is another program and lives by the wall clock, however far the world has been put forward.
    let options = Options { faults, public: args.public, stamp: wall, ..Options::new(listen, args.seed, scale, clock) };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Refusal::internal)?;
    runtime.block_on(async {
        let listener = siyu_api::bind(&args.listen).await?;
        let local = listener.local_addr().map_err(Refusal::internal)?;
        if as_json {
            output::line(&json!({ "url": format!("http://{local}"), "seed": args.seed, "scale": args.scale }));
        }
        output::say(
            &format!("模拟企业微信已启动：http://{local}（凭据见 /sandbox/credentials）"),
            &format!("The simulated WeCom serves on http://{local} (credentials under /sandbox/credentials)"),
        );
        Sandbox::new(options).serve_on(listener, serve::stopped()).await.map_err(Refusal::internal)
    })
}
