// Posters: a QR with words, a logo and a picture, drawn in the browser as one sees it.
import { DownloadOutlined, PictureOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { App, Button, ColorPicker, Form, Input, Segmented, Select, Slider, Upload } from "antd";
import { useEffect, useMemo, useRef, useState, type PointerEvent } from "react";
import { saveBlob } from "../api/client";
import { useI18n } from "../i18n";
import { EmptyHint, Need, PageHead } from "../shell/parts";
import { channelKeys, codes, groupCodes, groupKeys } from "./calls";
import { draw, fresh, IMAGE_BYTES_MAX, IMAGE_SIDE_MAX, isPicture, SIZES, type ImageTrouble, type PosterDraft, type PosterSize } from "./poster";
import "./channels.css";

const STORED = "siyu.poster";

export function PostersPage() {
  return <Need permission="people.read"><Posters /></Need>;
}

function stored(): PosterDraft {
  try {
    return { ...fresh, ...(JSON.parse(localStorage.getItem(STORED) ?? "{}") as Partial<PosterDraft>) };
  } catch {
    return fresh;
  }
}

/** What a poster can lead to. */
function useTargets() {
  const { t } = useI18n();
  const live = useQuery({ queryKey: channelKeys.codes({ limit: 200 }), queryFn: () => codes.list({ limit: 200 }) });
  const groups = useQuery({ queryKey: groupKeys.list({ limit: 200 }), queryFn: () => groupCodes.list({ limit: 200 }) });
  return useMemo(() => {
    const own = (live.data?.items ?? []).flatMap((code) => code.ways.filter((way) => way.qr_code && way.state !== "dead").map((way) => ({
      value: `c|${code.id}|${way.pool}`, name: code.name, label: way.pool === "general" ? code.name : `${code.name} · ${way.pool}`, url: codes.qrPng(code.id, way.pool),
    })));
    const others = (groups.data?.items ?? []).flatMap((code) => code.variants.filter((way) => way.qr_code && way.state !== "dead").map((way) => ({
      value: `g|${code.id}|${way.variant}`, name: code.name, label: way.variant ? `${code.name} · ${way.variant}` : code.name, url: groupCodes.qrPng(code.id, way.variant),
    })));
    return { all: [...own, ...others], pending: live.isPending || groups.isPending, options: [{ label: t("codes.title"), options: own }, { label: t("group_codes.title"), options: others }].filter((part) => part.options.length > 0) };
  }, [live.data, groups.data, live.isPending, groups.isPending, t]);
}

async function picture(file: File): Promise<ImageBitmap | ImageTrouble> {
  if (file.size > IMAGE_BYTES_MAX) return "size";
  if (!isPicture(new Uint8Array(await file.slice(0, 12).arrayBuffer()))) return "type";
  try {
    const bitmap = await createImageBitmap(file);
    return bitmap.width > IMAGE_SIDE_MAX || bitmap.height > IMAGE_SIDE_MAX ? "pixels" : bitmap;
  } catch {
    return "type";
  }
}

function Posters() {
  const { t } = useI18n();
  const { message } = App.useApp();
  const targets = useTargets();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [draft, setDraft] = useState(stored);
  const [target, setTarget] = useState<string>();
  const [background, setBackground] = useState<ImageBitmap>();
  const [logo, setLogo] = useState<ImageBitmap>();
  const [dragging, setDragging] = useState(false);
  const chosen = targets.all.find((own) => own.value === target) ?? targets.all[0];
  const qr = useQuery({
    queryKey: ["poster-qr", chosen?.url], enabled: Boolean(chosen), staleTime: 300_000,
    queryFn: async () => createImageBitmap(await (await fetch(chosen?.url ?? "", { credentials: "same-origin" })).blob()),
  });
  const change = (part: Partial<PosterDraft>) => setDraft((before) => ({ ...before, ...part }));
  useEffect(() => localStorage.setItem(STORED, JSON.stringify(draft)), [draft]);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, draft, { background, logo, qr: qr.data });
  }, [draft, background, logo, qr.data]);
  const take = async (file: File, set: (bitmap: ImageBitmap) => void) => {
    const got = await picture(file);
    if (typeof got === "string") void message.error(t(`posters.trouble.${got}`));
    else set(got);
  };
  const move = (event: PointerEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    change({ x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height });
  };
  const save = () => canvas.current?.toBlob((blob) => {
    if (blob) saveBlob(blob, `${chosen?.name ?? t("posters.title")}.png`);
  }, "image/png");
  if (!targets.pending && targets.all.length === 0) return <><PageHead title={t("posters.title")} hint={t("posters.hint")} /><div className="panel"><EmptyHint icon={<PictureOutlined />} title={t("posters.empty")}>{t("posters.empty_text")}</EmptyHint></div></>;
  const file = (label: string, has: boolean, set: (bitmap: ImageBitmap | undefined) => void) => (
    <Form.Item label={label}>
      <span className="row"><Upload accept="image/png,image/jpeg,image/webp" showUploadList={false} beforeUpload={(own) => {
        void take(own, set);
        return false;
      }}><Button icon={<PictureOutlined />}>{t("posters.choose")}</Button></Upload>{has ? <Button type="text" onClick={() => set(undefined)}>{t("posters.remove")}</Button> : null}</span>
    </Form.Item>
  );
  return (
    <>
      <PageHead title={t("posters.title")} hint={t("posters.hint")}><Button type="primary" icon={<DownloadOutlined />} disabled={!qr.data} onClick={save}>{t("posters.download")}</Button></PageHead>
      <div className="poster-page">
        <section className="panel pad">
          <Form layout="vertical">
            <Form.Item label={t("posters.code")}><Select value={chosen?.value} loading={targets.pending} showSearch={{ optionFilterProp: "label" }} options={targets.options} onChange={setTarget} /></Form.Item>
            <Form.Item label={t("posters.size")}><Segmented<PosterSize> value={draft.size} onChange={(size) => change({ size })} options={(Object.keys(SIZES) as PosterSize[]).map((size) => ({ value: size, label: t(`posters.size.${size}`) }))} /></Form.Item>
            <Form.Item label={t("posters.words")}><Input.TextArea value={draft.title} maxLength={60} showCount autoSize={{ minRows: 1, maxRows: 3 }} placeholder={t("posters.words_example")} onChange={(event) => change({ title: event.target.value })} /></Form.Item>
            <Form.Item label={t("posters.subtitle")}><Input.TextArea value={draft.subtitle} maxLength={120} showCount autoSize={{ minRows: 1, maxRows: 4 }} onChange={(event) => change({ subtitle: event.target.value })} /></Form.Item>
            <Form.Item label={t("posters.note")}><Input value={draft.note} maxLength={60} placeholder={t("posters.note_example")} onChange={(event) => change({ note: event.target.value })} /></Form.Item>
            <div className="halves">
              <Form.Item label={t("posters.background")}><ColorPicker value={draft.background} disabledAlpha onChange={(color) => change({ background: color.toHexString() })} /></Form.Item>
              <Form.Item label={t("posters.color")}><ColorPicker value={draft.color} disabledAlpha onChange={(color) => change({ color: color.toHexString() })} /></Form.Item>
            </div>
            <div className="halves">
              {file(t("posters.picture"), Boolean(background), setBackground)}
              {file("Logo", Boolean(logo), setLogo)}
            </div>
            <Form.Item label={t("posters.qr_size")}><Slider min={0.2} max={0.8} step={0.01} value={draft.qr} tooltip={{ formatter: (value) => `${Math.round((value ?? 0) * 100)} %` }} onChange={(next) => change({ qr: next })} /></Form.Item>
            <div className="row"><span className="muted small grow">{t("posters.drag")}</span><Button onClick={() => setDraft(fresh)}>{t("posters.reset")}</Button></div>
          </Form>
        </section>
        <section className="panel pad poster-view">
          <canvas
            ref={canvas} aria-label={t("posters.preview")}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              setDragging(true);
              move(event);
            }}
            onPointerMove={(event) => (dragging ? move(event) : undefined)} onPointerUp={() => setDragging(false)} onPointerCancel={() => setDragging(false)}
          />
        </section>
      </div>
    </>
  );
}
