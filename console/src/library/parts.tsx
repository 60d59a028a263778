// How materials look wherever they are listed.
import { FileOutlined, FileTextOutlined, LinkOutlined, MobileOutlined, PictureOutlined, PlayCircleOutlined } from "@ant-design/icons";
import { Tag as AntTag } from "antd";
import type { ReactNode } from "react";
import { useI18n } from "../i18n";
import type { Material } from "./calls";

const COLORS: Record<string, string> = { draft: "default", review: "gold", approved: "green", rejected: "red", retired: "default" };
const ICONS: Record<string, ReactNode> = {
  text: <FileTextOutlined />, image: <PictureOutlined />, link: <LinkOutlined />, miniprogram: <MobileOutlined />, video: <PlayCircleOutlined />, file: <FileOutlined />,
};

export function KindIcon({ kind }: { kind: string }) {
  return <span className="material-icon" aria-hidden>{ICONS[kind] ?? <FileOutlined />}</span>;
}

/** The newest version's state; when an older one is in use, that too. */
export function MaterialState({ own }: { own: Material }) {
  const { t, word } = useI18n();
  const older = own.state !== "retired" && own.approved && own.approved !== own.version;
  return (
    <span className="row tight">
      <AntTag color={COLORS[own.state]}>{word("materials.state", own.state)}</AntTag>
      {older ? <span className="muted small">{t("materials.in_use", { n: own.approved ?? 0 })}</span> : null}
    </span>
  );
}

export function Labels({ own }: { own: Material }) {
  return <>{own.labels.map((label) => <AntTag key={label}>{label}</AntTag>)}</>;
}
