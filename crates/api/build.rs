//! Tells the compiler where the console's built files are. A checkout whose console has not been built still compiles: it then embeds
//! one page that says how to build it.

use std::path::{Component, Path};
use std::{env, fs};

const UNBUILT: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>Siyu</title>\
<body style=\"font:16px/1.7 system-ui;max-width:40em;margin:4em auto;padding:0 1em\">\
<h1>控制台尚未构建</h1><p>服务已在运行，接口可用：<a href=\"/api/docs\">/api/docs</a>。构建控制台：在项目目录运行 <code>make console</code> 后重新编译。</p>\
<h1>The console has not been built</h1><p>The server runs and the API answers: <a href=\"/api/docs\">/api/docs</a>. \
To build the console, run <code>make console</code> in the project folder and compile again.</p>";

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let dist = Path::new(&root).join("../../console/dist");
    println!("cargo:rerun-if-changed={}", dist.display());
    println!("cargo:rerun-if-changed=build.rs");
    let folder = if dist.join("index.html").is_file() {
        "../../console/dist".into()
    } else {
        let out = env::var("OUT_DIR").expect("cargo sets it");
        let made = Path::new(&out).join("console");
        fs::create_dir_all(&made).expect("the build folder can be written");
        fs::write(made.join("index.html"), UNBUILT).expect("the build folder can be written");
        // The embedding macro takes relative paths only: up to the root, then down.
        let ups = Path::new(&root).components().filter(|part| matches!(part, Component::Normal(_))).count();
        "../".repeat(ups) + made.strip_prefix("/").unwrap_or(&made).to_str().expect("cargo's paths are text")
    };
    println!("cargo:rustc-env=SIYU_CONSOLE_FILES={folder}");
}
