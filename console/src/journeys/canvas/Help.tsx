import { Modal } from "antd";
import { useI18n } from "../../i18n";

export function Help({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const keys: [string[], string][] = [
    [["Tab"], t("canvas.help.tab")], [["↑", "↓", "←", "→"], t("canvas.help.arrows")], [["Enter"], t("canvas.help.enter")], [["Esc"], t("canvas.help.escape")], [["Delete"], t("canvas.help.delete")],
    [["Ctrl", "Z"], t("canvas.help.undo")], [["Ctrl", "Shift", "Z"], t("canvas.help.redo")], [["Ctrl", "C"], t("canvas.help.copy")], [["Ctrl", "V"], t("canvas.help.paste")], [["Ctrl", "D"], t("canvas.help.duplicate")],
    [["+", "−", "0"], t("canvas.help.zoom")], [["?"], t("canvas.help.help")],
  ];
  const hands = [t("canvas.help.drag_card"), t("canvas.help.drag_way"), t("canvas.help.click_way"), t("canvas.help.pan"), t("canvas.help.wheel")];
  return (
    <Modal open={open} onCancel={onClose} footer={null} title={t("canvas.help")} destroyOnHidden>
      <ul className="jc-hands">{hands.map((text) => <li key={text}>{text}</li>)}</ul>
      <dl className="jc-keys">{keys.map(([names, text]) => <div key={text}><dt>{names.map((name) => <kbd key={name}>{name}</kbd>)}</dt><dd>{text}</dd></div>)}</dl>
    </Modal>
  );
}
