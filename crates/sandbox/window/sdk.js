// The JS-SDK as a simulated client gives it to pages: `wx` (jweixin with agentConfig) and `ww` (wecom-jssdk). What it can do is done by the
// client around the frame; signatures are checked there against the tickets that were given out.
(() => {
  "use strict";
  const client = new URL(document.currentScript.src).origin;
  const waiting = new Map();
  let last = 0;

  addEventListener("message", (event) => {
    if (event.origin !== client || event.source !== parent || !event.data || event.data.wecom !== "answer") return;
    const call = waiting.get(event.data.id);
    waiting.delete(event.data.id);
    if (call) (event.data.ok ? call.done : call.fail)(event.data.value);
  });

  /** Resolves with what the client answers; rejects with {errMsg}. */
  function ask(api, params) {
    return new Promise((done, fail) => {
      if (parent === window) return fail({ errMsg: `${api}:fail not inside the client`, errCode: -1 });
      const id = ++last;
      waiting.set(id, { done, fail });
      parent.postMessage({ wecom: "call", id, api, params: params || {} }, client);
    });
  }

  const granted = { corp: null, agent: null };
  /** Checks one of the two signatures; from then on its list of interfaces may be used. */
  async function register(kind, own, list) {
    const url = location.href.split("#")[0];
    const asked = { kind, corp_id: own.corpId, agent_id: own.agentId, url, timestamp: own.timestamp, nonceStr: own.nonceStr, signature: own.signature };
    const answer = await ask("$verify", asked);
    if (answer.errcode !== 0) throw { errMsg: `${kind === "agent" ? "agentConfig" : "config"}:fail, ${answer.errcode}: ${answer.errmsg}`, errCode: answer.errcode };
    granted[kind] = new Set(list || []);
  }
  /** Interfaces that concern a customer need the app's signature. */
  async function invoke(api, params) {
    const may = granted.agent && granted.agent.has(api);
    if (!may) throw { errMsg: `${api}:fail no permission`, err_msg: `${api}:fail no permission`, errCode: 40096 };
    const value = await ask(api, params);
    return { errMsg: `${api}:ok`, err_msg: `${api}:ok`, ...value };
  }
  const failed = (error) => ({ err_msg: error.errMsg, ...error });

  const ready = [];
  const wrong = [];
  let state = "none";
  window.wx = {
    config(own) {
      state = "asked";
      register("corp", { corpId: own.appId, ...own }, own.jsApiList).then(
        () => { state = "ready"; ready.splice(0).forEach((run) => run()); },
        (error) => { state = "failed"; wrong.splice(0).forEach((run) => run(failed(error))); },
      );
    },
    ready(run) { if (state === "ready") run(); else ready.push(run); },
    error(run) { wrong.push(run); },
    agentConfig(own) {
      register("agent", { corpId: own.corpid, agentId: own.agentid, ...own }, own.jsApiList).then(
        () => own.success && own.success({ errMsg: "agentConfig:ok" }),
        (error) => own.fail && own.fail(failed(error)),
      );
    },
    invoke(api, params, back) {
      invoke(api, params).then((value) => back && back(value), (error) => back && back(failed(error)));
    },
    checkJsApi(own) {
      own.success && own.success({ checkResult: Object.fromEntries((own.jsApiList || []).map((api) => [api, true])) });
    },
  };

  let registered = Promise.reject({ errMsg: "ww.register has not been called", errCode: -1 });
  registered.catch(() => {});
  const each = (api) => async (params) => {
    await registered;
    const { success, fail, complete, ...rest } = params || {};
    try {
      const value = await invoke(api, rest);
      if (success) success(value);
      return value;
    } catch (error) {
      if (fail) fail(failed(error));
      throw error;
    } finally {
      if (complete) complete();
    }
  };
  window.ww = {
    SDK_VERSION: "sandbox",
    register(own) {
      const url = location.href.split("#")[0];
      registered = (async () => {
        if (own.getConfigSignature) {
          await register("corp", { corpId: own.corpId, ...(await own.getConfigSignature(url)) }, own.jsApiList);
          if (own.onConfigSuccess) own.onConfigSuccess({ errMsg: "config:ok" });
        }
        if (own.getAgentConfigSignature) {
          await register("agent", { corpId: own.corpId, agentId: own.agentId, ...(await own.getAgentConfigSignature(url)) }, own.jsApiList);
          if (own.onAgentConfigSuccess) own.onAgentConfigSuccess({ errMsg: "agentConfig:ok" });
        }
      })();
      registered.catch((error) => {
        const report = String(error.errMsg || "").startsWith("agentConfig") ? own.onAgentConfigFail : own.onConfigFail;
        if (report) report(failed(error));
      });
    },
  };
  for (const api of ["getContext", "getCurExternalContact", "getCurExternalChat", "sendChatMessage", "openUserProfile", "openExistedChatWithMsg", "openEnterpriseChat"]) {
    window.ww[api] = each(api);
  }
})();
