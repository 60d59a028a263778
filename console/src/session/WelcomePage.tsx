// Three ways to begin, right after setup and whenever somebody asks for them again.
import { ApiOutlined, ImportOutlined, TeamOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState, type ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import { useI18n } from "../i18n";
import { KeyForm } from "../settings/KeyForm";
import { SdkSnippets } from "../settings/SdkSnippets";
import { UserDrawer } from "../settings/UserDrawer";
import { MayButton, PageHead } from "../shell/parts";
import { useSession } from "../shell/session";
import "./outside.css";

function Choice({ icon, title, text, children }: { icon: ReactNode; title: string; text: string; children: ReactNode }) {
  return (
    <section className="panel">
      <div className="empty-icon">{icon}</div>
      <h2>{title}</h2>
      <p className="muted">{text}</p>
      <div className="foot">{children}</div>
    </section>
  );
}

export function WelcomePage() {
  const { t } = useI18n();
  const { workspace } = useSession();
  const navigate = useNavigate();
  const [connecting, setConnecting] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [inviting, setInviting] = useState(false);
  return (
    <>
      <PageHead title={t("welcome.title", { name: workspace.name })} hint={t("welcome.hint")}>
        <Link to="/"><Button>{t("welcome.later")}</Button></Link>
      </PageHead>
      <div className="welcome">
        <Choice icon={<ImportOutlined />} title={t("welcome.import")} text={t("welcome.import_text")}>
          <MayButton permission="import.run" type="primary" onClick={() => void navigate("/imports/new")}>{t("imports.new")}</MayButton>
        </Choice>
        <Choice icon={<ApiOutlined />} title={t("welcome.sdk")} text={t("welcome.sdk_text")}>
          <MayButton permission="keys.manage" onClick={() => setConnecting(true)} disabled={connecting}>{t("welcome.sdk_start")}</MayButton>
        </Choice>
        <Choice icon={<TeamOutlined />} title={t("welcome.invite")} text={t("welcome.invite_text")}>
          <MayButton permission="users.manage" onClick={() => setInviting(true)}>{t("users.add")}</MayButton>
        </Choice>
        {connecting ? (
          <section className="panel open">
            <h2>{t("welcome.sdk")}</h2>
            {secret ? null : <KeyForm kind="write" name="SDK" onMade={(key) => setSecret(key.secret)} />}
            <SdkSnippets writeKey={secret} />
          </section>
        ) : null}
      </div>
      <UserDrawer user={null} open={inviting} onClose={() => setInviting(false)} />
    </>
  );
}
