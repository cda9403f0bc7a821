/**
 * The files of a travel document that this program can name, and so the only ones it can ask for. DG3 (fingers) and DG4
 * (irises) are not among them: there is no value of these types that addresses one. The same numbers mean other files
 * in the master file than in the application, so each file says where it is.
 * Governing text: ICAO Doc 9303-10 §3.11, §4.6 and §4.7.
 */

/** Files of the travel application. Of the sixteen data groups those that this program reads. */
export type DataGroupName = "DG1" | "DG2" | "DG7" | "DG11" | "DG12" | "DG13" | "DG14" | "DG15" | "DG16";
export type ApplicationFileName = DataGroupName | "COM" | "SOD";
export type MasterFileName = "CardAccess" | "CardSecurity" | "AtrInfo" | "Dir";
export type LdsFileName = ApplicationFileName | MasterFileName;

export interface LdsFile {
  readonly name: LdsFileName;
  readonly place: "masterFile" | "application";
  /** File identifier for SELECT. */
  readonly fid: number;
  /** Short identifier for READ BINARY; of a data group it is also its number in the security object. */
  readonly sfi: number;
  /** Tag of the one object the file is; `undefined` where it is a row of objects that ends with the file. */
  readonly tag: number | undefined;
}

const inMasterFile = (name: MasterFileName, fid: number, sfi: number, tag?: number): LdsFile => ({
  name,
  place: "masterFile",
  fid,
  sfi,
  tag,
});

const inApplication = (name: ApplicationFileName, sfi: number, tag: number): LdsFile => ({
  name,
  place: "application",
  fid: 0x0100 | sfi,
  sfi,
  tag,
});

export const LDS_FILES: Readonly<Record<LdsFileName, LdsFile>> = {
  CardAccess: inMasterFile("CardAccess", 0x011c, 0x1c, 0x31),
  CardSecurity: inMasterFile("CardSecurity", 0x011d, 0x1d, 0x30),
  Dir: inMasterFile("Dir", 0x2f00, 0x1e),
  AtrInfo: inMasterFile("AtrInfo", 0x2f01, 0x01),
  COM: inApplication("COM", 0x1e, 0x60),
  SOD: inApplication("SOD", 0x1d, 0x77),
  DG1: inApplication("DG1", 0x01, 0x61),
  DG2: inApplication("DG2", 0x02, 0x75),
  DG7: inApplication("DG7", 0x07, 0x67),
  DG11: inApplication("DG11", 0x0b, 0x6b),
  DG12: inApplication("DG12", 0x0c, 0x6c),
  DG13: inApplication("DG13", 0x0d, 0x6d),
  DG14: inApplication("DG14", 0x0e, 0x6e),
  DG15: inApplication("DG15", 0x0f, 0x6f),
  DG16: inApplication("DG16", 0x10, 0x70),
};

/** The data groups in the order of their numbers. */
export const DATA_GROUPS: readonly DataGroupName[] = [
  "DG1",
  "DG2",
  "DG7",
  "DG11",
  "DG12",
  "DG13",
  "DG14",
  "DG15",
  "DG16",
];

const BY_TAG = new Map(DATA_GROUPS.map((name) => [LDS_FILES[name].tag, name]));

/** The data group whose file begins with `tag`; `undefined` for one this program does not read, and for no group's tag. */
export const dataGroupOfTag = (tag: number): DataGroupName | undefined => BY_TAG.get(tag);
