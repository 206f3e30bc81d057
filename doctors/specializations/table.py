"""Fields of medicine: their codes, their names, and what patients call them and their doctors.

The codes are SNOMED CT's, of FHIR's value set `c80-practice-codes`; three that it lacks are of the
same part of SNOMED CT: pediatrics (394537008), allergy (408439002), physiotherapy (722138006). The
words are our own, but for many an English name.

Of each language the first is the name that is shown. What is written here is known when a doctor
is saved from then on; those saved before need a migration like `0003_specialization_codes`.
"""

from typing import NamedTuple


class Field(NamedTuple):
    code: str
    words: dict[str, list[str]]  # By language.


def named(code: str, en: str, de: str) -> Field:
    return Field(code, {"en": en.split("; "), "de": de.split("; ")})


FIELDS = (
    named(
        "394814009",
        "General practice; general practitioner; GP; family doctor; family medicine; family "
        "practice; family physician; primary care; general medical practice",
        "Allgemeinmedizin; Hausarzt; Hausärztin; Allgemeinarzt; Allgemeinärztin; "
        "Allgemeinmediziner; Allgemeinmedizinerin; Hausarztmedizin; Familienmedizin; "
        "praktischer Arzt; praktische Ärztin",
    ),
    named(
        "419192003",
        "Internal medicine; internist",
        "Innere Medizin; Internist; Internistin; Inneres",
    ),
    named(
        "394537008",
        "Pediatrics; paediatrics; pediatrician; paediatrician; children; child; children's doctor",
        "Kinder- und Jugendmedizin; Kinderheilkunde; Kinderarzt; Kinderärztin; Kindermedizin; "
        "Kinder- und Jugendarzt; Kinder- und Jugendärztin; Jugendmedizin; Pädiatrie; Kinder",
    ),
    named(
        "394579002",
        "Cardiology; cardiologist; heart; heart doctor",
        "Kardiologie; Kardiologe; Kardiologin; Herz; Herzarzt; Herzärztin",
    ),
    named(
        "394582007",
        "Dermatology; dermatologist; skin; skin doctor",
        "Dermatologie; Dermatologe; Dermatologin; Haut; Hautarzt; Hautärztin; Hautkrankheiten; "
        "Dermatologie und Venerologie; Haut- und Geschlechtskrankheiten",
    ),
    named(
        "394586005",
        "Gynecology; gynaecology; gynecologist; gynaecologist; women's doctor; women's health",
        "Gynäkologie; Gynäkologe; Gynäkologin; Frauenarzt; Frauenärztin; Frauenheilkunde",
    ),
    named(
        "394585009",
        "Obstetrics and gynecology; obstetrics and gynaecology; OB/GYN; obstetrics & gynecology; "
        "gynecology and obstetrics; gynaecology and obstetrics; women's health",
        "Frauenheilkunde und Geburtshilfe; Gynäkologie und Geburtshilfe; Frauenarzt; Frauenärztin",
    ),
    named(
        "408470005",
        "Obstetrics; obstetrician; pregnancy; birth",
        "Geburtshilfe; Geburtshelfer; Geburtshelferin; Schwangerschaft; Geburt",
    ),
    named(
        "394801008",
        "Orthopedics; orthopaedics; orthopedist; orthopedic surgery; orthopaedic surgery; trauma "
        "and orthopedics; trauma and orthopaedics; bones; joints; back",
        "Orthopädie; Orthopäde; Orthopädin; Orthopädie und Unfallchirurgie; Unfallchirurgie; "
        "Knochen; Gelenke; Rücken",
    ),
    named(
        "394591006",
        "Neurology; neurologist; nerves; nerve doctor; brain",
        "Neurologie; Neurologe; Neurologin; Nerven; Nervenarzt; Nervenärztin; Nervenheilkunde",
    ),
    named(
        "394594003",
        "Ophthalmology; ophthalmologist; eyes; eye; eye doctor",
        "Augenheilkunde; Augenarzt; Augenärztin; Augen; Ophthalmologie; Ophthalmologe",
    ),
    named(
        "418960008",
        "Ear, nose and throat; otolaryngology; ENT; otorhinolaryngology; ear nose throat; ear, "
        "nose & throat; ear; nose; throat",
        "Hals-Nasen-Ohren-Heilkunde; HNO; HNO-Arzt; HNO-Ärztin; HNO-Heilkunde; Ohrenarzt; "
        "Hals-Nasen-Ohren-Arzt; Hals-Nasen-Ohren-Ärztin; Otolaryngologie; Ohren; Nase; Hals",
    ),
    named(
        "394587001",
        "Psychiatry; psychiatrist",
        "Psychiatrie; Psychiater; Psychiaterin; Psychiatrie und Psychotherapie",
    ),
    named(
        "394913002",
        "Psychotherapy; psychotherapist; psychologist; psychology; therapist",
        "Psychotherapie; Psychotherapeut; Psychotherapeutin; Psychologe; Psychologin; Psychologie",
    ),
    named(
        "394588006",
        "Child and adolescent psychiatry; child psychiatry; pediatric psychiatry; child "
        "psychiatrist",
        "Kinder- und Jugendpsychiatrie; Kinderpsychiatrie; Kinder- und Jugendpsychiater; "
        "Kinderpsychiater",
    ),
    named(
        "394612005",
        "Urology; urologist; bladder; prostate",
        "Urologie; Urologe; Urologin; Blase; Prostata; Männerarzt",
    ),
    named(
        "394583002",
        "Endocrinology; endocrinologist; hormones; thyroid",
        "Endokrinologie; Endokrinologe; Endokrinologin; Hormone; Schilddrüse; Endocrinologie",
    ),
    named(
        "408475000",
        "Diabetology; diabetes; diabetic medicine; diabetologist",
        "Diabetologie; Diabetes; Diabetologe; Diabetologin; Zucker; Zuckerkrankheit",
    ),
    named(
        "394584008",
        "Gastroenterology; gastroenterologist; stomach; bowel; digestion",
        "Gastroenterologie; Gastroenterologe; Gastroenterologin; Magen; Darm; Magen-Darm; "
        "Verdauung",
    ),
    named("408472002", "Hepatology; hepatologist; liver", "Hepatologie; Hepatologe; Leber"),
    named(
        "394589003",
        "Nephrology; nephrologist; kidney; kidneys; dialysis",
        "Nephrologie; Nephrologe; Nephrologin; Niere; Nieren; Nierenarzt; Dialyse",
    ),
    named(
        "418112009",
        "Pulmonology; pulmonary medicine; pulmonologist; respiratory medicine; lung; lungs; lung "
        "doctor; chest medicine",
        "Pneumologie; Pneumologe; Pneumologin; Pulmologie; Lunge; Lungen; Lungenarzt; "
        "Lungenärztin; Lungenheilkunde; Lungenfacharzt",
    ),
    named(
        "394810000",
        "Rheumatology; rheumatologist; rheumatism",
        "Rheumatologie; Rheumatologe; Rheumatologin; Rheuma",
    ),
    named(
        "394803006",
        "Hematology; haematology; clinical hematology; clinical haematology; hematologist; "
        "haematologist; blood",
        "Hämatologie; Hämatologe; Hämatologin; Blut; Blutkrankheiten",
    ),
    named(
        "394592004",
        "Oncology; clinical oncology; oncologist; cancer",
        "Onkologie; Onkologe; Onkologin; Krebs; Krebsarzt",
    ),
    named(
        "419815003",
        "Radiation oncology; radiotherapy; radiation therapy",
        "Strahlentherapie; Strahlenheilkunde; Strahlentherapeut; Bestrahlung; Radioonkologie",
    ),
    named(
        "394914008",
        "Radiology; radiologist; X-ray; MRI; CT",
        "Radiologie; Radiologe; Radiologin; Röntgen; MRT; CT",
    ),
    named(
        "394649004", "Nuclear medicine; scintigraphy", "Nuklearmedizin; Nuklearmediziner; "
        "Szintigraphie; Szintigrafie",
    ),
    named(
        "394807007",
        "Infectious diseases; infectiology; infections",
        "Infektiologie; Infektionskrankheiten; Infektiologe; Infektiologin; Infektionen",
    ),
    named(
        "408448007",
        "Tropical medicine; travel medicine; travel clinic",
        "Tropenmedizin; Reisemedizin; Tropenarzt; Reiseimpfung",
    ),
    named(
        "408439002",
        "Allergology; allergy; allergist; allergies; hay fever",
        "Allergologie; Allergologe; Allergologin; Allergie; Allergien; Heuschnupfen",
    ),
    named("408480009", "Immunology; clinical immunology; immunologist", "Immunologie; Immunologe"),
    named(
        "394811001",
        "Geriatrics; geriatric medicine; geriatrician; older people",
        "Geriatrie; Geriater; Geriaterin; Altersmedizin; Altersheilkunde",
    ),
    named("394806003", "Palliative medicine; palliative care", "Palliativmedizin; Palliativarzt"),
    named(
        "394882004",
        "Pain medicine; pain management; pain; pain therapy",
        "Schmerztherapie; Schmerzmedizin; Schmerztherapeut; Schmerzen; Schmerz",
    ),
    named(
        "394577000",
        "Anesthesiology; anaesthesiology; anesthetics; anaesthetics; anesthesia; anaesthesia; "
        "anesthesiologist; anaesthetist",
        "Anästhesiologie; Anästhesie; Anästhesist; Anästhesistin; Narkose; Narkosearzt",
    ),
    named(
        "394609007",
        "Surgery; general surgery; surgeon; general surgeon",
        "Chirurgie; Allgemeinchirurgie; Chirurg; Chirurgin; Allgemeine Chirurgie",
    ),
    named("394610002", "Neurosurgery; neurosurgeon", "Neurochirurgie; Neurochirurg"),
    named(
        "394611003",
        "Plastic surgery; plastic surgeon; cosmetic surgery; aesthetic surgery",
        "Plastische Chirurgie; Plastische und Ästhetische Chirurgie; Schönheitschirurgie; "
        "Ästhetische Chirurgie; Schönheitschirurg",
    ),
    named(
        "408463005",
        "Vascular surgery; vascular surgeon; veins; varicose veins",
        "Gefäßchirurgie; Gefäßchirurg; Gefäßchirurgin; Venen; Krampfadern; Gefäße",
    ),
    named("408466002", "Cardiac surgery; heart surgery", "Herzchirurgie; Herzchirurg"),
    named(
        "394539006", "Pediatric surgery; paediatric surgery", "Kinderchirurgie; Kinderchirurg"
    ),
    named(
        "408465003",
        "Oral and maxillofacial surgery; maxillofacial surgery; jaw",
        "Mund-, Kiefer- und Gesichtschirurgie; MKG; MKG-Chirurgie; Kieferchirurgie; Kieferchirurg; "
        "Kiefer",
    ),
    named("394605001", "Oral surgery; oral surgeon", "Oralchirurgie; Oralchirurg"),
    named(
        "408444009",
        "Dentistry; dentist; general dentistry; dental practice; teeth; tooth",
        "Zahnmedizin; Zahnheilkunde; Zahnarzt; Zahnärztin; Zähne; Zahn",
    ),
    named(
        "394608004",
        "Orthodontics; orthodontist; braces",
        "Kieferorthopädie; Kieferorthopäde; Kieferorthopädin; Zahnspange",
    ),
    named(
        "394607009",
        "Pediatric dentistry; paediatric dentistry; children's dentist",
        "Kinderzahnheilkunde; Kinderzahnmedizin; Kinderzahnarzt; Kinderzahnärztin",
    ),
    named(
        "408459003",
        "Pediatric cardiology; paediatric cardiology",
        "Kinderkardiologie; Kinderkardiologe; Kinderkardiologin",
    ),
    named(
        "394602003",
        "Rehabilitation; rehabilitation medicine; physical medicine; physical and rehabilitation "
        "medicine; rehab",
        "Rehabilitation; Physikalische und Rehabilitative Medizin; Rehabilitationsmedizin; Reha",
    ),
    named(
        "722138006",
        "Physiotherapy; physiotherapist; physical therapy; physio",
        "Physiotherapie; Physiotherapeut; Physiotherapeutin; Krankengymnastik; Physio",
    ),
    named(
        "394821009",
        "Occupational medicine; occupational health; company doctor",
        "Arbeitsmedizin; Betriebsarzt; Betriebsärztin; Betriebsmedizin",
    ),
    named(
        "409968004", "Preventive medicine; prevention", "Präventivmedizin; Vorsorge; Prävention"
    ),
    named(
        "408450004", "Sleep medicine; sleep studies; sleep", "Schlafmedizin; Schlaflabor; Schlaf"
    ),
    named(
        "394580004",
        "Clinical genetics; genetics; human genetics; geneticist",
        "Humangenetik; Genetik; Humangenetiker; Humangenetikerin; Klinische Genetik",
    ),
    named(
        "394576009",
        "Emergency medicine; accident and emergency; accident & emergency; emergency; A&E",
        "Notfallmedizin; Notaufnahme; Notfall; Notfallambulanz",
    ),
    named("394578005", "Audiology; audiological medicine; hearing", "Audiologie; Gehör; Hören"),
    named("408469009", "Breast surgery; breast", "Brustchirurgie; Senologie; Brust"),
    named(
        "408464004",
        "Colorectal surgery; proctology; proctologist",
        "Koloproktologie; Proktologie; Proktologe; Enddarm; Kolorektale Chirurgie",
    ),
    named(
        "394808002",
        "Genitourinary medicine; genito-urinary medicine; sexual health; venereology",
        "Venerologie; Geschlechtskrankheiten; Sexualmedizin",
    ),
    named(
        "416304004",
        "Osteopathy; osteopathic medicine; osteopath",
        "Osteopathie; Osteopath; Osteopathin",
    ),
)  # fmt: skip

# A slip away from one of those words, and something else.
OTHER_WORDS = (
    "Cariology", "Kariologie", "Podiatry", "Podiatrie", "Orthoptics", "Orthoptik", "Serology",
    "Serologie", "Virology", "Virologie", "Toxicology", "Toxikologie", "Psychopathology",
)  # fmt: skip
