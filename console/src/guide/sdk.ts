// WeCom's JS-SDK: the newer `ww` when the script brings it, else `wx` with its two configurations.
import { get, type Session } from "./api";

interface Signature { timestamp: number; nonceStr: string; signature: string }
interface Answer { err_msg?: string; errMsg?: string; userId?: string; chatId?: string; entry?: string }
type Ask = (api: string, params?: object) => Promise<Answer>;

interface Ww {
  register(own: object): void;
  [api: string]: unknown;
}
interface Wx {
  config(own: object): void;
  ready(run: () => void): void;
  error(run: (error: Answer) => void): void;
  agentConfig(own: object): void;
  invoke(api: string, params: object, back: (answer: Answer) => void): void;
}
declare global {
  interface Window { ww?: Ww; wx?: Wx }
}

const APIS = ["getContext", "getCurExternalContact", "getCurExternalChat", "sendChatMessage"];
const WAIT_MS = 8000;

export type Where =
  | { kind: "customer"; id: string }
  | { kind: "group"; id: string }
  | { kind: "none"; why: string };

export interface Sdk {
  where: Where;
  /** Puts a message into the chat. Rejects when the user or the client does not send it. */
  send(message: object): Promise<void>;
}

function signature(ticket: "corp" | "agent", url: string): Promise<Signature> {
  return get<Signature>("/signature", { ticket, url });
}
const told = (answer: unknown) => {
  const own = (answer ?? {}) as Answer;
  return own.errMsg ?? own.err_msg ?? (answer instanceof Error ? answer.message : "unknown");
};

function script(src: string): Promise<void> {
  return new Promise((done, fail) => {
    const own = document.createElement("script");
    own.src = src;
    own.onload = () => done();
    own.onerror = () => fail(new Error(`the SDK did not load from ${new URL(src).host}`));
    document.head.append(own);
  });
}
function within<T>(promise: Promise<T>): Promise<T> {
  return Promise.race([promise, new Promise<T>((_, fail) => setTimeout(() => fail(new Error("WeCom did not answer")), WAIT_MS))]);
}

function newer(ww: Ww, own: Session["sdk"]): Promise<Ask> {
  return within(new Promise<void>((done, fail) => {
    ww.register({
      corpId: own.corp_id, agentId: own.agent_id, jsApiList: APIS,
      getConfigSignature: (url: string) => signature("corp", url),
      getAgentConfigSignature: (url: string) => signature("agent", url),
      onConfigFail: fail, onAgentConfigSuccess: () => done(), onAgentConfigFail: fail,
    });
  })).then(() => (api, params) => (ww[api] as (params?: object) => Promise<Answer>)(params));
}

async function older(wx: Wx, own: Session["sdk"]): Promise<Ask> {
  const url = location.href.split("#")[0] ?? "";
  const [corp, agent] = await Promise.all([signature("corp", url), signature("agent", url)]);
  await within(new Promise<void>((done, fail) => {
    wx.ready(done);
    wx.error(fail);
    wx.config({ beta: true, debug: false, appId: own.corp_id, ...corp, jsApiList: APIS });
  }));
  await within(new Promise<void>((done, fail) => {
    wx.agentConfig({ corpid: own.corp_id, agentid: own.agent_id, ...agent, jsApiList: APIS, success: () => done(), fail });
  }));
  return (api, params) => new Promise((done, fail) => {
    wx.invoke(api, params ?? {}, (answer) => (told(answer) === `${api}:ok` ? done(answer) : fail(answer)));
  });
}

/** Who or what the page stands beside. Never rejects: without WeCom around it the page still says so. */
export async function begin(own: Session["sdk"]): Promise<Sdk> {
  try {
    await within(script(own.src));
    const ask = window.ww ? await newer(window.ww, own) : window.wx ? await older(window.wx, own) : null;
    if (!ask) throw new Error("the SDK brought neither ww nor wx");
    const send = async (message: object) => {
      const answer = await ask("sendChatMessage", message);
      const said = answer.errMsg ?? answer.err_msg;
      if (said && !said.endsWith(":ok")) throw new Error(said);
    };
    const { entry } = await ask("getContext");
    if (entry === "group_chat_tools") {
      const { chatId } = await ask("getCurExternalChat");
      return { where: chatId ? { kind: "group", id: chatId } : { kind: "none", why: "getCurExternalChat" }, send };
    }
    if (entry === "single_chat_tools" || entry === "contact_profile" || entry === "chat_attachment") {
      const { userId } = await ask("getCurExternalContact");
      return { where: userId ? { kind: "customer", id: userId } : { kind: "none", why: "getCurExternalContact" }, send };
    }
    return { where: { kind: "none", why: "" }, send };
  } catch (error) {
    const why = told(error);
    return { where: { kind: "none", why }, send: () => Promise.reject(new Error(why)) };
  }
}
