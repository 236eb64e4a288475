-- +goose Up
CREATE TABLE region_region (
    code       text PRIMARY KEY,
    parent     text NOT NULL,
    path       text NOT NULL UNIQUE,
    level      text NOT NULL,
    kind       text NOT NULL,
    name       text NOT NULL,
    name_en    text NOT NULL,
    pinyin     text NOT NULL,
    population bigint NOT NULL,
    basis      text NOT NULL,
    lon        double precision,
    lat        double precision,
    modelled   boolean NOT NULL
);
CREATE INDEX region_region_parent ON region_region (parent, code);
CREATE INDEX region_region_level ON region_region (level, path);

CREATE TABLE region_outline (
    code     text PRIMARY KEY,
    path     text NOT NULL,
    level    text NOT NULL,
    modelled boolean NOT NULL,
    west     double precision NOT NULL,
    south    double precision NOT NULL,
    east     double precision NOT NULL,
    north    double precision NOT NULL,
    shape    text NOT NULL               -- GeoJSON MultiPolygon
);
CREATE INDEX region_outline_level ON region_outline (level, path);

CREATE TABLE region_zone (
    code    text PRIMARY KEY,
    name    text NOT NULL,
    name_en text NOT NULL,
    kind    text NOT NULL,
    source  text NOT NULL,
    note    text NOT NULL
);

CREATE TABLE region_zone_member (
    zone text NOT NULL REFERENCES region_zone (code),
    code text NOT NULL,
    PRIMARY KEY (zone, code)
);

CREATE TABLE region_edition (
    id        text PRIMARY KEY,
    root      text NOT NULL,   -- code of the city
    name      text NOT NULL,
    name_en   text NOT NULL,
    time_zone text NOT NULL,
    edition   text NOT NULL,
    hash      text NOT NULL,   -- of the city's files
    loaded_at bigint NOT NULL
);
