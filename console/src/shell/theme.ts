import type { ThemeConfig } from "antd";

// Calm: ink on warm paper, one deep green for what can be done, colour otherwise only where it carries meaning.
export const theme: ThemeConfig = {
  token: {
    colorPrimary: "#1f6f5c",
    colorInfo: "#3f6c8f",
    colorSuccess: "#2f7d57",
    colorWarning: "#b7791f",
    colorError: "#b83a3a",
    colorLink: "#1f6f5c",
    colorTextBase: "#1d2421",
    colorBgLayout: "#f7f6f3",
    colorBorder: "#dcd9d1",
    colorBorderSecondary: "#eceae4",
    borderRadius: 8,
    borderRadiusLG: 12,
    fontSize: 14,
    fontFamily:
      '-apple-system, BlinkMacSystemFont, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif',
    boxShadowTertiary: "0 1px 2px rgba(29, 36, 33, 0.04)",
  },
  components: {
    Layout: { bodyBg: "#f7f6f3", headerBg: "#f7f6f3", siderBg: "#fbfaf8", headerHeight: 56, headerPadding: "0 20px" },
    Menu: { itemBg: "transparent", subMenuItemBg: "transparent", itemHeight: 35, itemSelectedBg: "#e4efe9", itemMarginInline: 10, itemMarginBlock: 2 },
    Table: { headerBg: "#fbfaf8", headerColor: "#68706b", headerSplitColor: "transparent", cellPaddingBlock: 11 },
    Card: { headerFontSize: 15 },
    Tabs: { horizontalItemGutter: 24 },
    Progress: { defaultColor: "#1f6f5c" },
    Checkbox: { borderRadiusSM: 4 },
  },
};
