// The editor of a poster: the server draws what is seen, so the preview is the file.
import { DeleteOutlined, PictureOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox, ColorPicker, Form, Input, InputNumber, Segmented, Select, Skeleton, Slider, Upload } from "antd";
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useNavigate, useParams } from "react-router";
import { useI18n } from "../i18n";
import { ErrorView, useErrorText } from "../shell/errors";
import { MayButton, Need, PageHead, useSettled } from "../shell/parts";
import { pictures, posterKeys, posters, type Poster } from "./calls";
import { boxOf, fresh, moved, PICTURE_BYTES_MAX, resized, resizedQr, shrinkBy, sizeOf, SIZES, VARIABLES, type Design, type Part, type PicturePlace, type SizeName, type TextPlace } from "./design";
import { useTargets } from "./targets";
import "./posters.css";

export function PosterEditPage() {
  const { id } = useParams();
  return <Need permission="people.read">{id ? <Loaded id={id} /> : <Fresh />}</Need>;
}

function Fresh() {
  const { t } = useI18n();
  return <Editor design={fresh(t("posters.start_title"), t("posters.start_subtitle"), t("posters.start_note"))} />;
}

function Loaded({ id }: { id: string }) {
  const poster = useQuery({ queryKey: posterKeys.one(id), queryFn: () => posters.get(id), refetchOnWindowFocus: false });
  if (poster.isPending) return <Skeleton active />;
  if (!poster.data) return <ErrorView error={poster.error} retry={() => void poster.refetch()} />;
  return <Editor key={poster.data.id} poster={poster.data} design={poster.data.design} />;
}

/** A picture that is as small as it may be: a photo of a phone is larger than any poster. */
async function prepared(file: File): Promise<File | "type" | "size"> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return "type";
  }
  const by = shrinkBy(bitmap.width, bitmap.height);
  const fine = by === 1 && file.size <= PICTURE_BYTES_MAX && (file.type === "image/png" || file.type === "image/jpeg");
  if (fine) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * by);
  canvas.height = Math.round(bitmap.height * by);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const as = (type: string, quality?: number) => new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality));
  // Only PNG keeps what one can see through.
  const png = file.type === "image/jpeg" ? null : await as("image/png");
  const blob = png && png.size <= PICTURE_BYTES_MAX ? png : await as("image/jpeg", 0.9);
  return blob && blob.size <= PICTURE_BYTES_MAX ? new File([blob], file.name) : "size";
}

function PicturePick({ label, action, value, onChange }: { label?: string; action?: string; value: string | null | undefined; onChange: (id: string | undefined) => void }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const send = useMutation({ mutationFn: (file: File) => pictures.add(file), onSuccess: (made) => onChange(made.id) });
  const take = async (file: File) => {
    const ready = await prepared(file);
    if (typeof ready === "string") void message.error(t(`posters.trouble.${ready}`));
    else send.mutate(ready);
  };
  return (
    <Form.Item label={label} className={label ? undefined : "flush"}>
      <span className="row">
        {value ? <img className="poster-small" src={pictures.url(value)} alt={label ?? ""} /> : null}
        <Upload accept="image/png,image/jpeg,image/webp" showUploadList={false} beforeUpload={(file) => {
          void take(file);
          return false;
        }}><Button icon={<PictureOutlined />} loading={send.isPending}>{action ?? t("posters.choose")}</Button></Upload>
        {value ? <Button type="text" onClick={() => onChange(undefined)}>{t("posters.remove")}</Button> : null}
      </span>
    </Form.Item>
  );
}

function Editor({ poster, design: first }: { poster?: Poster; design: Design }) {
  const { t } = useI18n();
  const text = useErrorText();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const client = useQueryClient();
  const targets = useTargets();
  const [name, setName] = useState(poster?.name ?? "");
  const [design, setDesign] = useState(first);
  const [chosen, choose] = useState<Part>("qr");
  const [target, setTarget] = useState("");
  const with_ = targets.all.find((own) => own.value === target);
  const settled = useSettled(design, 300);
  const drawn = useQuery<Blob>({
    queryKey: posterKeys.preview(settled, with_?.value), retry: false, meta: { quiet: true }, staleTime: Infinity, gcTime: 0, placeholderData: (before) => before,
    queryFn: ({ signal }) => posters.preview({ design: settled, code: with_?.code ?? null, pool: with_?.pool ?? null }, signal),
  });
  const save = useMutation({
    mutationFn: () => (poster ? posters.change(poster.id, { name: name.trim(), design, version: poster.version }) : posters.add({ name: name.trim(), design })),
    onSuccess: (saved) => {
      void message.success(t("posters.saved"));
      void client.invalidateQueries({ queryKey: posterKeys.all });
      client.setQueryData(posterKeys.one(saved.id), saved);
      void navigate("/posters");
    },
  });
  const put = (part: Partial<Design>) => setDesign((before) => ({ ...before, ...part }));
  const texts = design.texts ?? [];
  const shown = design.pictures ?? [];
  const setText = (at: number, own: Partial<TextPlace>) => put({ texts: texts.map((one, n) => (n === at ? { ...one, ...own } : one)) });
  const setShown = (at: number, own: Partial<PicturePlace>) => put({ pictures: shown.map((one, n) => (n === at ? { ...one, ...own } : one)) });
  const size = sizeOf(design);
  const parts: { value: Part; label: string }[] = [
    { value: "qr", label: t("posters.qr") },
    ...texts.map((own, at) => ({ value: `text:${at}` as Part, label: own.text.slice(0, 8) || t("posters.text_n", { n: at + 1 }) })),
    ...shown.map((_, at) => ({ value: `picture:${at}` as Part, label: t("posters.picture_n", { n: at + 1 }) })),
  ];
  const addText = () => {
    put({ texts: [...texts, { x: 80, y: 80, width: design.width - 160, size: Math.round(design.width / 20), color: "#ffffff", align: "center", bold: false, lines: 1, text: t("posters.text") }] });
    choose(`text:${texts.length}`);
  };
  const addPicture = (id: string | undefined) => {
    if (!id) return;
    const side = Math.round(design.width / 4);
    put({ pictures: [...shown, { x: 40, y: 40, width: side, height: side, picture: id }] });
    choose(`picture:${shown.length}`);
  };
  const at = Number(chosen.split(":")[1] ?? -1);
  return (
    <>
      <PageHead title={poster ? t("posters.edit") : t("posters.new")} hint={t("posters.drag")}>
        <Button onClick={() => void navigate("/posters")}>{t("action.cancel")}</Button>
        <MayButton permission="channels.write" type="primary" disabled={!name.trim()} loading={save.isPending} onClick={() => save.mutate()}>{t("action.save")}</MayButton>
      </PageHead>
      <div className="poster-page">
        <section className="panel pad">
          <Form layout="vertical">
            <Form.Item label={t("posters.name")} required><Input value={name} maxLength={40} placeholder={t("posters.name_example")} onChange={(event) => setName(event.target.value)} /></Form.Item>
            <Form.Item label={t("posters.size")}><Select<SizeName> value={size} placeholder={`${design.width}×${design.height}`} onChange={(own) => setDesign(resized(design, SIZES[own]))} options={(Object.keys(SIZES) as SizeName[]).map((own) => ({ value: own, label: t(`posters.size.${own}`) }))} /></Form.Item>
            <div className="halves">
              <Form.Item label={t("posters.background")}><ColorPicker value={design.background} disabledAlpha onChange={(color) => put({ background: color.toHexString() })} /></Form.Item>
              <PicturePick label={t("posters.picture")} value={design.picture} onChange={(picture) => put({ picture })} />
            </div>
            <div className="row wrap">
              <Button icon={<PlusOutlined />} onClick={addText}>{t("posters.add_text")}</Button>
              <PicturePick action={t("posters.add_picture")} value={undefined} onChange={addPicture} />
            </div>
            <div className="poster-thing">
              <Form.Item><Select<Part> value={chosen} onChange={choose} options={parts} /></Form.Item>
              {chosen === "qr" ? (
                <>
                  <Form.Item label={t("posters.qr_size")}><Slider min={100} max={Math.min(design.width, design.height)} value={design.qr.size} onChange={(own) => setDesign(resizedQr(design, own))} /></Form.Item>
                  <div className="halves">
                    <Form.Item label={t("posters.qr_color")}><ColorPicker value={design.qr.color ?? "#000000"} disabledAlpha onChange={(color) => put({ qr: { ...design.qr, color: color.toHexString() } })} /></Form.Item>
                    <PicturePick label={t("posters.logo")} value={design.qr.logo} onChange={(logo) => put({ qr: { ...design.qr, logo } })} />
                  </div>
                </>
              ) : null}
              {chosen.startsWith("text") && texts[at] ? <TextForm own={texts[at]} width={design.width} change={(own) => setText(at, own)} remove={() => {
                put({ texts: texts.filter((_, n) => n !== at) });
                choose("qr");
              }} /> : null}
              {chosen.startsWith("picture") && shown[at] ? (
                <>
                  <div className="halves">
                    <Form.Item label={t("posters.picture_width")}><InputNumber min={1} max={design.width - shown[at].x} value={shown[at].width} onChange={(own) => own && setShown(at, { width: own })} /></Form.Item>
                    <Form.Item label={t("posters.picture_height")}><InputNumber min={1} max={design.height - shown[at].y} value={shown[at].height} onChange={(own) => own && setShown(at, { height: own })} /></Form.Item>
                  </div>
                  <Button danger icon={<DeleteOutlined />} onClick={() => {
                    put({ pictures: shown.filter((_, n) => n !== at) });
                    choose("qr");
                  }}>{t("posters.remove")}</Button>
                </>
              ) : null}
            </div>
          </Form>
        </section>
        <section className="panel pad poster-view">
          <Select className="w-full" aria-label={t("posters.preview_with")} value={target} onChange={setTarget} options={[{ label: t("posters.preview_example"), value: "" }, ...targets.options]} />
          <Stage design={design} blob={drawn.data} chosen={chosen} choose={choose} move={(part, x, y) => setDesign((before) => moved(before, part, x, y))} />
          <div className={drawn.error ? "small bad" : "muted small"} role="status">{drawn.error ? text(drawn.error) : drawn.isFetching ? t("posters.drawing") : `${design.width}×${design.height}`}</div>
        </section>
      </div>
    </>
  );
}

function TextForm({ own, width, change, remove }: { own: TextPlace; width: number; change: (own: Partial<TextPlace>) => void; remove: () => void }) {
  const { t } = useI18n();
  return (
    <>
      <Form.Item label={t("posters.words")}><Input.TextArea value={own.text} maxLength={500} autoSize={{ minRows: 2, maxRows: 6 }} onChange={(event) => change({ text: event.target.value })} /></Form.Item>
      <div className="row wrap small"><span className="muted">{t("posters.variables")}</span>{VARIABLES.map((name) => <Button key={name} size="small" onClick={() => change({ text: `${own.text}{${name}}` })}>{t(`posters.variable.${name}`)}</Button>)}</div>
      <div className="halves gap-above">
        <Form.Item label={t("posters.font_size")}><InputNumber min={10} max={400} value={own.size} onChange={(size) => size && change({ size })} /></Form.Item>
        <Form.Item label={t("posters.width")}><InputNumber min={own.size} max={width} value={own.width} onChange={(wide) => wide && change({ width: wide })} /></Form.Item>
        <Form.Item label={t("posters.lines")}><InputNumber min={1} max={20} value={own.lines ?? 1} onChange={(lines) => lines && change({ lines })} /></Form.Item>
        <Form.Item label={t("posters.color")}><ColorPicker value={own.color} onChange={(color) => change({ color: color.toHexString() })} /></Form.Item>
      </div>
      <div className="row between">
        <Segmented aria-label={t("posters.align")} value={own.align ?? "left"} onChange={(align) => change({ align })} options={(["left", "center", "right"] as const).map((value) => ({ value, label: t(`posters.align.${value}`) }))} />
        <Checkbox checked={own.bold ?? false} onChange={(event) => change({ bold: event.target.checked })}>{t("posters.bold")}</Checkbox>
        <Button danger type="text" icon={<DeleteOutlined />} aria-label={t("posters.remove")} onClick={remove} />
      </div>
    </>
  );
}

const STEPS: Record<string, readonly [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The picture, and over it what can be taken hold of. */
function Stage({ design, blob, chosen, choose, move }: { design: Design; blob: Blob | undefined; chosen: Part; choose: (part: Part) => void; move: (part: Part, x: number, y: number) => void }) {
  const { t } = useI18n();
  const stage = useRef<HTMLDivElement>(null);
  const held = useRef<{ part: Part; dx: number; dy: number } | null>(null);
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!blob) return undefined;
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  const place = (event: PointerEvent) => {
    const box = stage.current?.getBoundingClientRect();
    const scale = box ? design.width / box.width : 1;
    return { x: (event.clientX - (box?.left ?? 0)) * scale, y: (event.clientY - (box?.top ?? 0)) * scale };
  };
  const take = (event: PointerEvent<HTMLButtonElement>, part: Part) => {
    const box = boxOf(design, part);
    if (!box) return;
    const { x, y } = place(event);
    event.currentTarget.setPointerCapture(event.pointerId);
    held.current = { part, dx: x - box.x, dy: y - box.y };
    choose(part);
  };
  const drag = (event: PointerEvent) => {
    if (!held.current) return;
    const { x, y } = place(event);
    move(held.current.part, x - held.current.dx, y - held.current.dy);
  };
  const drop = () => {
    held.current = null;
  };
  const nudge = (event: KeyboardEvent, part: Part) => {
    const step = STEPS[event.key];
    const box = boxOf(design, part);
    if (!step || !box) return;
    event.preventDefault();
    const by = event.shiftKey ? 10 : 1;
    move(part, box.x + step[0] * by, box.y + step[1] * by);
  };
  const parts: Part[] = ["qr", ...(design.texts ?? []).map((_, at): Part => `text:${at}`), ...(design.pictures ?? []).map((_, at): Part => `picture:${at}`)];
  const share = (value: number, all: number) => `${(value / all) * 100}%`;
  const tall = design.height >= design.width;
  return (
    <div ref={stage} className="poster-stage" style={{ aspectRatio: `${design.width} / ${design.height}`, width: tall ? `min(100%, calc(72vh * ${design.width / design.height}))` : "100%" }}>
      {url ? <img src={url} alt={t("posters.preview")} draggable={false} /> : null}
      {parts.map((part) => {
        const box = boxOf(design, part);
        if (!box) return null;
        return (
          <button
            key={part} type="button" aria-label={part === "qr" ? t("posters.qr") : part.startsWith("text") ? t("posters.text_n", { n: Number(part.slice(5)) + 1 }) : t("posters.picture_n", { n: Number(part.slice(8)) + 1 })}
            className={part === chosen ? "poster-part on" : "poster-part"}
            style={{ left: share(box.x, design.width), top: share(box.y, design.height), width: share(box.width, design.width), height: share(box.height, design.height) }}
            onPointerDown={(event) => take(event, part)} onPointerMove={drag} onPointerUp={drop} onPointerCancel={drop} onKeyDown={(event) => nudge(event, part)} onFocus={() => choose(part)}
          />
        );
      })}
    </div>
  );
}
