import { clock, type Form, utc } from './logger-file.ts';

const LOGGER = 'LGR S/N: 10, SEN S/N: 11';

/** Files of data loggers and laboratory instruments. */
export const INSTRUMENTS: readonly Form[] = [
  {
    name: 'Campbell TOA5',
    options: { timezone: '+01:00' },
    quoted: true,
    above: ['"TOA5","Bed","CR1000X","1234","CR1000X.Std.05.01","CPU:bed.CR1X","9411","Data"'],
    titles: ['TIMESTAMP', 'RECORD', 'BattV_Min', 'T_Bed_Avg', 'Flow'],
    below: ['"TS","RN","Volts","Deg C","l/min"', '"","","Min","Avg","Smp"'],
    time: clock(['TIMESTAMP'], 'Y-M-D h:m:s', 60),
    events: { BattV_Min: 'BattV_Min', T_Bed_Avg: 'T_Bed_Avg', Flow: 'Flow' },
    lines: ([time = ''], put, row) => [
      [time, String(row), put('BattV_Min'), put('T_Bed_Avg', row % 7 === 3 ? 'NAN' : undefined), put('Flow')],
    ],
  },
  {
    name: 'Campbell array-based',
    options: {
      timezone: 'UTC',
      header: 'array,year,day,hhmm,battery,bed',
      timeColumns: ['year', 'day', 'hhmm'],
      timeFormat: '%Y %j %H%M',
      ignore: ['array'],
    },
    titles: [],
    time: { ...clock([], ''), ...dayOfYear() },
    events: { battery: 'battery', bed: 'bed' },
    lines: (time, put) => [['101', ...time, put('battery'), put('bed')]],
  },
  {
    name: 'HOBOware in English',
    quoted: true,
    lineEnd: '\r\n',
    above: ['"Plot Title: Bed 1"'],
    titles: [
      '#',
      'Date Time, GMT+02:00',
      `Temp, °C (${LOGGER}, LBL: Bed)`,
      `RH, % (${LOGGER})`,
      'Host Connected (LGR S/N: 10)',
      'End Of File (LGR S/N: 10)',
    ],
    time: clock(['Date Time, GMT+02:00'], 'M/D/y I:m:s p', 120),
    events: { [`Temp, °C (${LOGGER}, LBL: Bed)`]: 'Temp', [`RH, % (${LOGGER})`]: 'RH' },
    lines: ([time = ''], put, row) => [
      [String(row + 1), time, put('Temp'), put('RH'), row % 9 === 5 ? 'Logged' : '', ''],
    ],
  },
  {
    name: 'HOBOware in German',
    delimiter: ';',
    decimal: ',',
    above: ['"Titel des Diagramms: Bett 1"'],
    titles: ['Nr.', 'Datum Zeit, GMT+01:00', `Temp., °C (${LOGGER})`, 'Mit Host verbunden (LGR S/N: 10)'],
    time: clock(['Datum Zeit, GMT+01:00'], 'D.M.y h:m:s', 60),
    events: { [`Temp., °C (${LOGGER})`]: 'Temp.' },
    lines: ([time = ''], put, row) => [[String(row + 1), time, put('Temp.'), row === 8 ? 'Protokolliert' : '']],
  },
  {
    name: 'HOBOware in French',
    quoted: true,
    above: ['"Titre de tracé : Lit 1"'],
    titles: ['#', 'Date Heure, GMT+01:00', `Temp, °C (${LOGGER})`],
    time: clock(['Date Heure, GMT+01:00'], 'D/M/y h:m:s', 60),
    events: { [`Temp, °C (${LOGGER})`]: 'Temp' },
    lines: ([time = ''], put, row) => [[String(row + 1), time, put('Temp')]],
  },
  {
    name: 'HOBOware in Spanish',
    delimiter: ';',
    decimal: ',',
    above: ['"Título de trazado: Lecho 1"'],
    titles: ['N.º', 'Fecha Tiempo, GMT+01:00', `Temp., °C (${LOGGER})`],
    time: clock(['Fecha Tiempo, GMT+01:00'], 'D/M/y h:m:s', 60),
    events: { [`Temp., °C (${LOGGER})`]: 'Temp.' },
    lines: ([time = ''], put, row) => [[String(row + 1), time, put('Temp.')]],
  },
  {
    name: 'LabVIEW measurement file',
    options: { timeFormat: 'elapsed', start: '2026-01-31T12:00:00Z' },
    delimiter: '\t',
    decimal: ',',
    above: [
      'LabVIEW Measurement\t',
      'Writer_Version\t2',
      'Reader_Version\t2',
      'Separator\tTab',
      'Decimal_Separator\t,',
      'Multi_Headings\tNo',
      'X_Columns\tOne',
      'Time_Pref\tRelative',
      'Operator\tada',
      'Date\t2026/01/31',
      'Time\t13:00:00,0',
      '***End_of_Header***\t',
      '\t',
      'Channels\t2\t\t',
      'Samples\t20\t20\t',
      'Date\t2026/01/31\t2026/01/31\t',
      'Time\t13:00:00,0\t13:00:00,0\t',
      'Y_Unit_Label\tVolts\tVolts\t',
      'X_Dimension\tTime\tTime\t',
      'X0\t0,0000000000000000E+0\t0,0000000000000000E+0\t',
      'Delta_X\t0,500000\t0,500000\t',
      '***End_of_Header***\t\t\t',
    ],
    titles: ['X_Value', 'Voltage', 'Current', 'Comment'],
    time: {
      titles: ['X_Value'],
      write: (at) => [((at - Date.UTC(2026, 0, 31, 12)) / 1000).toFixed(6).replace('.', ',')],
      read: (text) =>
        /^\d+(?:,\d+)?$/.test(text.trim())
          ? Math.round(Number(text.replace(',', '.')) * 1e6) + Date.UTC(2026, 0, 31, 12) * 1000
          : undefined,
    },
    step: 500,
    events: { Voltage: 'Voltage', Current: 'Current' },
    lines: ([time = ''], put) => [[time, put('Voltage'), put('Current')]],
  },
  {
    name: 'Keysight BenchLink',
    options: { timezone: '+01:00' },
    lineEnd: '\r\n',
    above: [
      'Name:,Bed 1',
      'Owner:,ada',
      'Comments:,',
      'Acquisition Date:,31.01.2026 13:00:00',
      '',
      'Instrument:,Agilent 34972A,,Address:,USB0::0x0957::0x2007::MY1::0::INSTR',
      'Module 1:,34901A,,Slot:,100',
      '',
      'Total Channels:,2',
      'Channel,Name,Function,Range,Resolution,Advanced Settings,Scale,Gain,Offset,Label,Test,Low,High,HW Alarm #,Clear',
      '101 <Bed>,,Temp (Type K),,C,Integration Time=1,Off,1,0,C,Off,0,0,Alarm 1,',
      '102 <Air>,,Temp (Type K),,C,Integration Time=1,Off,1,0,C,Off,0,0,Alarm 1,',
      'Scan Control:',
      'Start Action:,Immediately',
      'Stop Action:,Stop',
      '',
      ',',
      'Acquisition Start:',
      ',',
      '',
    ],
    titles: ['Scan', 'Time', '101 <Bed> (C)', 'Alarm 101', '102 <Air> (C)', 'Alarm 102'],
    time: clock(['Time'], 'Y/M/D h:m:s:f', 60),
    step: 12_345,
    events: { '101 <Bed> (C)': '101 <Bed>', '102 <Air> (C)': '102 <Air>' },
    lines: ([time = ''], put, row) => [[String(row + 1), time, put('101 <Bed>'), '0', put('102 <Air>'), '0']],
  },
  {
    name: 'PicoLog 6',
    quoted: true,
    titles: ['', 'TC08 Channel 1 Last (C)', 'TC08 Channel 2 Ave. (C)'],
    time: clock([''], "Y-M-D'T'h:m:s'+01:00'", 60),
    step: 1000,
    events: { 'TC08 Channel 1 Last (C)': 'TC08 Channel 1 Last', 'TC08 Channel 2 Ave. (C)': 'TC08 Channel 2 Ave.' },
    lines: ([time = ''], put) => [[time, put('TC08 Channel 1 Last'), put('TC08 Channel 2 Ave.')]],
  },
  {
    name: 'WinCC archive',
    options: { timezone: '+01:00' },
    delimiter: ';',
    decimal: ',',
    lineEnd: '\r\n',
    quoted: true,
    titles: ['VarName', 'TimeString', 'VarValue', 'Validity', 'Time_ms'],
    footer: ['"$RT_OFF$";"31.01.2026 14:00:00";0;2;46053583333,3'],
    time: clock(['TimeString'], 'D.M.Y h:m:s', 60),
    events: { Bed: 'Bed', Air: 'Air' },
    long: { name: 'VarName', value: 'VarValue' },
    lines: ([time = ''], put) => [
      ['Bed', time, put('Bed'), '1', '46053541666,6667'],
      ['Air', time, put('Air'), '1', '46053541666,6667'],
    ],
  },
  {
    name: 'Datalogger with date and time in two columns',
    options: { timezone: '+01:00', encoding: 'windows-1252' },
    delimiter: ';',
    decimal: ',',
    encoding: 'latin1',
    titles: ['Datum', 'Uhrzeit', 'Temperatur [°C]', 'Druck [mbar]', ''],
    time: clock(['Datum', 'Uhrzeit'], 'D.M.Y|h:m:s', 60),
    footer: ['Ende der Messung'],
    events: { 'Temperatur [°C]': 'Temperatur', 'Druck [mbar]': 'Druck' },
    lines: (time, put) => [[...time, put('Temperatur'), put('Druck'), '']],
  },
  {
    name: 'Gas chamber with blanks',
    delimiter: ' ',
    above: ['# chamber 3'],
    titles: ['time', 'co', 'h2o'],
    time: {
      titles: ['time'],
      write: (at) => [String(at / 1000)],
      read: (text) => (/^\d+$/.test(text) ? Number(text) * 1e6 : undefined),
    },
    events: { co: 'co', h2o: 'h2o' },
    lines: ([time = ''], put) => [[time, put('co'), put('h2o')]],
  },
  {
    name: 'TMY3 weather station',
    options: { timezone: '-05:00' },
    above: ['724666,"DENVER/CENTENNIAL [GOLDEN - NREL]",CO,-7.0,39.742,-105.179,1829'],
    titles: [
      'Date (MM/DD/YYYY)',
      'Time (HH:MM)',
      'GHI (W/m^2)',
      'GHI source',
      'Dry-bulb (C)',
      'Dry-bulb source',
      'Pressure (mbar)',
    ],
    time: clock(['Date (MM/DD/YYYY)', 'Time (HH:MM)'], 'M/D/Y|h:m', -300),
    step: 3_600_000,
    start: Date.UTC(2026, 0, 31, 6),
    events: { 'GHI (W/m^2)': 'GHI', 'Dry-bulb (C)': 'Dry-bulb', 'Pressure (mbar)': 'Pressure' },
    lines: ([date = '', time = ''], put) => {
      const day = /^00/.test(time) ? dayBefore(date) : date;
      return [[day, time.replace(/^00/, '24'), put('GHI'), 'A', put('Dry-bulb'), 'E', put('Pressure')]];
    },
  },
];

function dayBefore(date: string): string {
  const [month = '', day = '', year = ''] = date.split('/');
  const before = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day) - 1)).toISOString();
  return `${before.slice(5, 7)}/${before.slice(8, 10)}/${before.slice(0, 4)}`;
}

function dayOfYear() {
  return {
    titles: ['year', 'day', 'hhmm'],
    write: (at: number) => {
      const date = new Date(at);
      const day = Math.floor((at - Date.UTC(date.getUTCFullYear(), 0)) / 86_400_000) + 1;
      return [
        String(date.getUTCFullYear()),
        String(day),
        `${date.getUTCHours()}${String(date.getUTCMinutes()).padStart(2, '0')}`,
      ];
    },
    read: (text: string) => {
      const [, year = '', day = '', hour = '', minute = ''] = /^(\d{4}) (\d{1,3}) (\d{1,2})(\d\d)$/.exec(text) ?? [];
      const isLeap = new Date(utc(Number(year), 2, 29) / 1000).getUTCDate() === 29;
      const isDay = Number(day) >= 1 && Number(day) <= (isLeap ? 366 : 365);
      const isClock = Number(hour) < 24 && Number(minute) < 60;
      return year && isDay && isClock
        ? utc(Number(year), 1, Number(day), (Number(hour) * 60 + Number(minute)) * 60)
        : undefined;
    },
  };
}
