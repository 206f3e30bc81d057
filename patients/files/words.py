"""What other programs' files call the fields of patients, the likeliest words first."""

from patients.models import Patient, RelatedPerson

Gender, Relationship = Patient.Gender, RelatedPerson.Relationship

GENDERS = {
    Gender.FEMALE: ("f", "w", "weiblich", "frau", "woman", "mrs", "ms"),
    Gender.MALE: ("m", "männlich", "maennlich", "herr", "mann", "man", "mr"),
    Gender.OTHER: ("d", "x", "o", "divers", "diverse", "non-binary", "nonbinary"),
    Gender.PREFER_NOT_TO_SAY: ("keine Angabe", "k. A.", "unbekannt", "unknown", "u", "n/a"),
}

RELATIONSHIPS = {
    Relationship.PARENT: ("mother", "father", "Mutter", "Vater", "Eltern"),
    Relationship.GUARDIAN: ("Vormund", "Sorgeberechtigt", "legal guardian"),
    Relationship.SPOUSE: ("husband", "wife", "partner", "Ehemann", "Ehefrau", "Partnerin"),
    Relationship.CHILD: ("son", "daughter", "Sohn", "Tochter", "Kind"),
    Relationship.SIBLING: ("brother", "sister", "Bruder", "Schwester"),
    Relationship.CAREGIVER: ("carer", "Betreuer", "Betreuerin", "Pflege"),
    Relationship.OTHER: ("Sonstige", "andere"),
}

# Not the record number: that of another program names other patients here.
FIRST_NAME = ("Vorname", "Vornamen", "Rufname", "Given name", "Forename", "First")
LAST_NAME = ("Nachname", "Familienname", "Zuname", "Surname", "Family name", "Last", "Name")
PREFERRED_NAME = ("Wunschname", "Anzeigename", "Known as", "Called", "Nickname")
FORMER_NAMES = (
    *("Geburtsname", "Frühere Namen", "Früherer Name", "Mädchenname", "Geborene"),
    *("Birth name", "Maiden name", "Former name", "Previous names", "Née"),
)
ACTIVE = ("Aktiv",)
EMAIL = ("E-Mail-Adresse", "Mailadresse", "Email address", "Mail", "E-Mail privat")
PHONE = (
    *(
        "Handy",
        "Handynummer",
        "Handy-Nr.",
        "Mobil",
        "Mobiltelefon",
        "Mobilnummer",
        "Mobile",
        "Mobile phone",
    ),
    *("Cell", "Cell phone", "Telefon", "Telefonnummer", "Tel", "Tel.-Nr.", "Phone number"),
    *("Telephone", "Rufnummer", "Telefon-Nr.", "Telefon privat", "Festnetz"),
)
DATE_OF_BIRTH = (
    *("Geburtsdatum", "Geb.-Datum", "Geb", "Geb. am", "Geboren", "Geboren am", "Geburtstag"),
    *("DOB", "Birth date", "Birthday", "Born"),
)
CONSENT = ("Datenschutz", "Einwilligung", "Consent", "Consented", "Privacy notice agreed")
DECEASED = ("Verstorben", "Died", "Dead")
DECEASED_ON = ("Verstorben am", "Sterbedatum", "Todesdatum", "Todestag", "Date of death", "Died on")
GENDER = ("Geschlecht", "Sex", "w/m/d", "m/w/d", "Anrede")
STREET = (
    *("Straße", "Str", "Straße und Hausnummer", "Straße, Nr.", "Straße Hausnr.", "Anschrift"),
    *("Adresse", "Address", "Street address", "Address line 1"),
)
ZIP = ("PLZ", "Postleitzahl", "Zip", "Zip code", "Postcode")
CITY = ("Ort", "Wohnort", "Stadt", "Town", "Gemeinde")
STATE = ("Bundesland", "Kanton", "Region", "Province", "County", "State")
COUNTRY = ("Land", "Staat", "Country code", "Ländercode")
CONTACT_NAME = ("Notfallkontakt", "Notfallkontakt Name", "Name Notfallkontakt", "Angehörige")
CONTACT_PHONE = (
    *("Notfallkontakt Telefon", "Telefon Notfallkontakt", "Notfallnummer", "Notfalltelefon"),
    "Emergency phone",
)
CONTACT_RELATIONSHIP = ("Notfallkontakt Beziehung", "Verwandtschaft", "Beziehung", "Relationship")
INSURANCE = (
    *("Krankenkasse", "Kasse", "Krankenversicherung", "Versicherung", "Kostenträger"),
    *("Insurer", "Insurance provider"),
)
POLICY_NUMBER = (
    *("Versichertennummer", "Versicherten-Nr.", "Versicherungsnummer", "KVNR", "KV-Nummer"),
    "Insurance number",
)
HISTORY = ("Anamnese", "Vorerkrankungen", "Krankengeschichte", "History")
