// Text with variables, and what is attached.
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Dropdown, Form, Input, type GetRef } from "antd";
import { useRef } from "react";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { welcomes as api, welcomeKeys } from "./calls";
import { FilePick } from "./FilePick";
import { bytesOf, freshPiece, moved, PIECES, PIECES_MAX, TEXT_BYTES_MAX, type Content, type Piece } from "./shapes";

/** `only`: the variables that are offered; all when absent. */
export function ContentEditor({ content, onChange, only }: { content: Content; onChange: (content: Content) => void; only?: string[] }) {
  const { t } = useI18n();
  const format = useFormat();
  const text = content.text ?? "";
  const pieces = content.attachments ?? [];
  const area = useRef<GetRef<typeof Input.TextArea>>(null);
  const variables = useQuery({ queryKey: welcomeKeys.variables, queryFn: api.variables, staleTime: Infinity });
  const set = (next: Piece[]) => onChange({ ...content, attachments: next });
  const insert = (name: string) => {
    const field = area.current?.resizableTextArea?.textArea;
    const at = field?.selectionStart ?? text.length;
    const hole = `{{ ${name} or "" }}`;
    onChange({ ...content, text: text.slice(0, at) + hole + text.slice(field?.selectionEnd ?? at) });
    // The cursor stands where the fallback is written.
    requestAnimationFrame(() => {
      field?.focus();
      field?.setSelectionRange(at + hole.length - 4, at + hole.length - 4);
    });
  };
  return (
    <>
      <Form.Item label={t("welcomes.text")} extra={<span className="row between"><span>{t("welcomes.text_hint")}</span><span className="num">{t("welcomes.bytes", { n: format.count(bytesOf(text)), max: format.count(TEXT_BYTES_MAX) })}</span></span>}>
        <Input.TextArea ref={area} value={text} rows={6} onChange={(event) => onChange({ ...content, text: event.target.value })} aria-label={t("welcomes.text")} />
        <div className="row gap-above-small">
          <span className="muted small">{t("welcomes.insert")}</span>
          {variables.data?.items.filter((own) => !only || only.includes(own.name)).map((own) => <Button key={own.name} size="small" onClick={() => insert(own.name)} title={own.name}>{own.label}</Button>)}
        </div>
      </Form.Item>
      <Form.Item label={t("welcomes.pieces", { n: pieces.length, max: PIECES_MAX })}>
        <div className="stack tight">
          {pieces.map((piece, at) => (
            <PieceEditor
              key={at} piece={piece} at={at} last={pieces.length - 1} onChange={(next) => set(pieces.map((own, other) => (other === at ? next : own)))}
              onMove={(by) => set(moved(pieces, at, by))} onRemove={() => set(pieces.filter((_, other) => other !== at))}
            />
          ))}
          <Dropdown disabled={pieces.length >= PIECES_MAX} menu={{ items: PIECES.map((kind) => ({ key: kind, label: t(`welcomes.piece.${kind}`) })), onClick: ({ key }) => set([...pieces, freshPiece(key as Piece["kind"])]) }}>
            <Button icon={<PlusOutlined />}>{t("welcomes.piece_add")}</Button>
          </Dropdown>
        </div>
      </Form.Item>
    </>
  );
}

interface PieceProps { piece: Piece; at: number; last: number; onChange: (piece: Piece) => void; onMove: (by: -1 | 1) => void; onRemove: () => void }

function PieceEditor({ piece, at, last, onChange, onMove, onRemove }: PieceProps) {
  const { t } = useI18n();
  const field = (label: string, value: string, change: (value: string) => void, placeholder?: string) => <Input aria-label={label} placeholder={placeholder ?? label} value={value} onChange={(event) => change(event.target.value)} />;
  return (
    <div className="piece">
      <div className="row between">
        <b className="plain">{t(`welcomes.piece.${piece.kind}`)}</b>
        <span>
          <Button type="text" size="small" icon={<ArrowUpOutlined />} disabled={at === 0} aria-label={t("welcomes.up")} onClick={() => onMove(-1)} />
          <Button type="text" size="small" icon={<ArrowDownOutlined />} disabled={at === last} aria-label={t("welcomes.down")} onClick={() => onMove(1)} />
          <Button type="text" size="small" danger icon={<DeleteOutlined />} aria-label={t("action.delete")} onClick={onRemove} />
        </span>
      </div>
      {piece.kind === "link" ? (
        <>
          {field(t("welcomes.piece_title"), piece.title, (title) => onChange({ ...piece, title }))}
          {field(t("welcomes.piece_url"), piece.url, (url) => onChange({ ...piece, url }))}
          {field(t("welcomes.piece_description"), piece.description ?? "", (description) => onChange({ ...piece, description }))}
          {field(t("welcomes.piece_picture"), piece.picture ?? "", (picture) => onChange({ ...piece, picture }))}
        </>
      ) : null}
      {piece.kind === "miniprogram" ? (
        <>
          {field(t("welcomes.piece_title"), piece.title, (title) => onChange({ ...piece, title }))}
          {field(t("welcomes.piece_appid"), piece.appid, (appid) => onChange({ ...piece, appid }), "wx…")}
          {field(t("welcomes.piece_page"), piece.page, (page) => onChange({ ...piece, page }), "pages/index")}
        </>
      ) : null}
      {piece.kind === "link" ? null : <FilePick kind={piece.kind === "miniprogram" ? "image" : piece.kind} file={piece.file} onChange={(file) => onChange({ ...piece, file })} />}
    </div>
  );
}
