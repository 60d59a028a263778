import { Alert, Tabs } from "antd";
import { useI18n } from "../i18n";
import { Copyable, Snippet } from "../shell/parts";
import { snippets } from "./snippets";
import "./settings.css";

/** Copy-paste beginnings for the usual SDKs. Without a key they show where it goes. */
export function SdkSnippets({ writeKey }: { writeKey: string | null }) {
  const { t } = useI18n();
  const made = snippets(window.location.origin, writeKey ?? "YOUR_WRITE_KEY");
  return (
    <div className="stack tight">
      {writeKey ? (
        <div className="secret-box">
          <b>{t("keys.secret")}</b>
          <Copyable text={writeKey} />
          <Alert type="warning" showIcon title={t("keys.once")} />
        </div>
      ) : null}
      <Tabs items={made.map(({ name, text }) => ({ key: name, label: name, children: <Snippet text={text} /> }))} />
      <p className="muted small">{t("keys.try")}</p>
    </div>
  );
}
