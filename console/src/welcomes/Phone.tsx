// What the customer sees, as a chat on a phone.
import { FileOutlined, LinkOutlined, PlayCircleOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { apiUrl } from "../api/client";
import { useI18n } from "../i18n";
import { files, welcomeKeys } from "./calls";
import type { Content, Piece, Shown } from "./shapes";

export function Phone({ content, shown }: { content: Content; shown: Shown | undefined }) {
  const { t } = useI18n();
  const text = shown?.text ?? content.text ?? "";
  let card = 0;
  const pieces = (content.attachments ?? []).map((piece, at) => {
    const isCard = piece.kind === "link" || piece.kind === "miniprogram";
    const filled = isCard ? shown?.links[card] : undefined;
    if (isCard) card += 1;
    return <Line key={at}><PieceView piece={piece} title={filled?.title} description={filled?.description} /></Line>;
  });
  return (
    <div className="phone" aria-label={t("welcomes.preview")}>
      <div className="phone-head">{t("welcomes.preview")}</div>
      <div className="phone-chat">
        {text.trim() ? <Line><div className="bubble">{text}</div></Line> : null}
        {pieces}
        {text.trim() || pieces.length ? null : <p className="muted small phone-empty">{t("welcomes.preview_empty")}</p>}
      </div>
    </div>
  );
}

function Line({ children }: { children: ReactNode }) {
  return <div className="phone-line"><span className="phone-face" aria-hidden />{children}</div>;
}

function PieceView({ piece, title, description }: { piece: Piece; title?: string; description?: string }) {
  const { t } = useI18n();
  switch (piece.kind) {
    case "link":
      return (
        <div className="bubble card">
          <b className="plain">{title ?? piece.title}</b>
          <div className="row between"><span className="muted small">{description ?? piece.description}</span><LinkOutlined className="phone-icon" /></div>
        </div>
      );
    case "miniprogram":
      return <div className="bubble card"><b className="plain">{title ?? piece.title}</b>{piece.file ? <Picture file={piece.file} /> : null}<span className="muted small">{t("welcomes.piece.miniprogram")}</span></div>;
    case "image": return piece.file ? <Picture file={piece.file} /> : <div className="bubble muted">{t("welcomes.piece.image")}</div>;
    case "video": return <div className="bubble card"><PlayCircleOutlined className="phone-icon" /><FileName file={piece.file} /></div>;
    default: return <div className="bubble card"><div className="row between"><FileName file={piece.file} /><FileOutlined className="phone-icon" /></div></div>;
  }
}

function Picture({ file }: { file: string }) {
  const { t } = useI18n();
  return <img className="phone-picture" src={apiUrl(`/wecom/files/${encodeURIComponent(file)}/body`)} alt={t("welcomes.piece.image")} />;
}
function FileName({ file }: { file: string }) {
  const { t } = useI18n();
  const found = useQuery({ queryKey: welcomeKeys.file(file), queryFn: () => files.get(file), enabled: Boolean(file) });
  return <span className="break">{found.data?.name ?? t("welcomes.file_none")}</span>;
}
