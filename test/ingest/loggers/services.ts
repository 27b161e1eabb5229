import { clock, type Form } from './logger-file.ts';

const unix = (title: string, digits: number) => ({
  titles: [title],
  write: (at: number) => [String(at * 10 ** (digits - 3))],
  read: (text: string) => (/^\d+$/.test(text) ? Number(text) * 10 ** (6 - digits) : undefined),
});

/** Files of dashboards, databases, services and spreadsheets. */
export const SERVICES: readonly Form[] = [
  {
    name: 'Grafana, a column per series',
    options: { timezone: '+01:00' },
    above: ['sep=,'],
    titles: ['Time', 'Bed temperature', 'Air flow'],
    time: clock(['Time'], 'Y-M-D h:m:s', 60),
    events: { 'Bed temperature': 'Bed temperature', 'Air flow': 'Air flow' },
    lines: ([time = ''], put, row) => [
      [time, put('Bed temperature'), put('Air flow', row % 4 === 1 ? '' : row % 4 === 3 ? 'null' : undefined)],
    ],
  },
  {
    name: 'Grafana, a row per value',
    delimiter: ';',
    quoted: true,
    titles: ['Series', 'Time', 'Value'],
    time: clock(['Time'], "Y-M-D'T'h:m:s'+01:00'", 60),
    events: { 'Bed temperature': 'Bed temperature', 'Air flow': 'Air flow' },
    long: { name: 'Series', value: 'Value' },
    lines: ([time = ''], put, row) => [
      ['Bed temperature', time, put('Bed temperature')],
      ['Air flow', time, put('Air flow', row % 4 === 1 ? 'null' : undefined)],
    ],
  },
  {
    name: 'Grafana, series joined by time',
    quoted: true,
    titles: ['Time', 'Bed temperature {rig="1"}', 'Air flow'],
    time: unix('Time', 3),
    events: { 'Bed temperature {rig="1"}': 'Bed temperature {rig="1"}', 'Air flow': 'Air flow' },
    lines: ([time = ''], put) => [[time, put('Bed temperature {rig="1"}'), put('Air flow')]],
  },
  {
    name: 'ThingSpeak',
    titles: ['created_at', 'entry_id', 'field1', 'field2', 'latitude', 'longitude', 'elevation', 'status'],
    time: clock(['created_at'], "Y-M-D h:m:s' UTC'"),
    events: { field1: 'field1', field2: 'field2' },
    lines: ([time = ''], put, row) => [
      [time, String(row + 1), put('field1'), put('field2', row % 3 === 1 ? '' : undefined), '', '', '', ''],
    ],
  },
  {
    name: 'InfluxDB annotated',
    lineEnd: '\r\n',
    above: [
      '#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string',
      '#group,false,false,true,true,false,false,true,true',
      '#default,_result,,,,,,,',
    ],
    titles: ['', 'result', 'table', '_start', '_stop', '_time', '_value', '_field', '_measurement'],
    time: clock(['_time'], "Y-M-D'T'h:m:s'Z'"),
    events: { co: 'co', h2o: 'h2o' },
    long: { name: '_field', value: '_value' },
    lines: ([time = ''], put, row) => [
      ...(row === 5
        ? [
            [
              '#datatype',
              'string',
              'long',
              'dateTime:RFC3339',
              'dateTime:RFC3339',
              'dateTime:RFC3339',
              'double',
              'string',
              'string',
            ],
            ['#group', 'false', 'false', 'true', 'true', 'false', 'false', 'true', 'true'],
            ['#default', '_result', '', '', '', '', '', '', ''],
            ['', 'result', 'table', '_start', '_stop', '_time', '_value', '_field', '_measurement'],
          ]
        : []),
      ['', '', '0', '2026-01-01T00:00:00Z', '2026-03-01T00:00:00Z', time, put('co'), 'co', 'rig'],
      ['', '', '1', '2026-01-01T00:00:00Z', '2026-03-01T00:00:00Z', time, put('h2o'), 'h2o', 'rig'],
    ],
  },
  {
    name: 'Home Assistant',
    titles: ['entity_id', 'state', 'last_changed'],
    time: clock(['last_changed'], "Y-M-D'T'h:m:s.f'Z'"),
    step: 31_234,
    events: { 'sensor.bed': 'sensor.bed', 'sensor.air': 'sensor.air' },
    long: { name: 'entity_id', value: 'state' },
    lines: ([time = ''], put, row) => [
      ['sensor.bed', put('sensor.bed', row % 5 === 2 ? 'unavailable' : undefined), time],
      ['sensor.air', put('sensor.air', row % 5 === 4 ? 'unknown' : undefined), time],
    ],
  },
  {
    name: 'Ubidots',
    titles: ['timestamp', 'Date', 'value', 'context'],
    options: { eventColumn: 'context' },
    time: { ...unix('timestamp', 3), write: (at) => [String(at), new Date(at).toISOString().slice(0, 10)] },
    events: { bed: 'bed' },
    long: { name: 'context', value: 'value' },
    lines: ([time = '', date = ''], put) => [[time, date, put('bed'), 'bed']],
  },
  {
    name: 'pandas',
    titles: ['', 'time', 'bed', 'air'],
    time: clock(['time'], "Y-M-D h:m:s'+00:00'"),
    events: { bed: 'bed', air: 'air' },
    lines: ([time = ''], put, row) => [[String(row), time, put('bed'), put('air', row % 6 === 2 ? '' : undefined)]],
  },
  {
    name: 'R',
    quoted: true,
    options: { timezone: 'UTC' },
    titles: ['', 'time', 'bed', 'air'],
    time: clock(['time'], 'Y-M-D h:m:s'),
    events: { bed: 'bed', air: 'air' },
    lines: ([time = ''], put, row) => [[`${row + 1} `, time, put('bed'), put('air', row % 6 === 2 ? 'NA' : undefined)]],
  },
  {
    name: 'Excel in German',
    options: { timezone: '+01:00' },
    delimiter: ';',
    decimal: ',',
    lineEnd: '\r\n',
    titles: ['Zeit', 'Temperatur (°C)', 'Durchfluss, l/min'],
    time: clock(['Zeit'], 'D.M.Y h:m', 60),
    events: { 'Temperatur (°C)': 'Temperatur', 'Durchfluss, l/min': 'Durchfluss' },
    lines: ([time = ''], put, row) => [
      [time, put('Temperatur'), put('Durchfluss', row % 6 === 2 ? '#N/A' : undefined)],
    ],
  },
  {
    name: 'Unicode text of Excel',
    options: { timezone: 'UTC' },
    delimiter: '\t',
    encoding: 'utf16le',
    titles: ['Date', 'Time', 'Temperature (°C)'],
    time: clock(['Date', 'Time'], 'Y-M-D|I:m:s p'),
    events: { 'Temperature (°C)': 'Temperature' },
    lines: (time, put) => [[...time, put('Temperature')]],
  },
  {
    name: 'Numbers of days of a spreadsheet',
    options: { timezone: 'UTC' },
    titles: ['time', 'T', 'P'],
    step: 3_375_000,
    time: {
      titles: ['time'],
      write: (at) => [String(at / 86_400_000 + 25_569)],
      read: (text) => (/^\d+(?:\.\d+)?$/.test(text) ? Math.round((Number(text) - 25_569) * 86_400e6) : undefined),
    },
    events: { T: 'T', P: 'P' },
    lines: ([time = ''], put) => [[time, put('T'), put('P')]],
  },
  {
    name: 'PLC with Unix seconds',
    delimiter: ';',
    titles: ['Timestamp', '%MW100', '%MW102', 'Quality'],
    time: {
      titles: ['Timestamp'],
      write: (at) => [String(at / 1000)],
      read: (text) => (/^\d+$/.test(text) ? Number(text) * 1e6 : undefined),
    },
    events: { '%MW100': '%MW100', '%MW102': '%MW102' },
    lines: ([time = ''], put) => [[time, put('%MW100'), put('%MW102'), '192']],
  },
];
