/** @jsxImportSource preact */
import { render } from "preact";
import { App } from "./App";
import "./guide.css";

const root = document.getElementById("root");
if (!root) throw new Error("guide.html has no #root");
render(<App />, root);
