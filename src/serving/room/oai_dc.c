/* Dublin Core, simple: the fifteen elements (DCMI Metadata Terms, "refines"). */
#include "machines.h"
#include "oai.h"

static const char *element_of(enum dc_term term)
{
	switch (term) {
	case DC_TITLE:
	case DC_ALTERNATIVE:
		return "dc:title";
	case DC_CREATOR:
		return "dc:creator";
	case DC_CONTRIBUTOR:
		return "dc:contributor";
	case DC_DATE:
	case DC_CREATED:
	case DC_ISSUED:
	case DC_MODIFIED:
	case DC_VALID:
	case DC_AVAILABLE:
	case DC_DATE_ACCEPTED:
	case DC_DATE_COPYRIGHTED:
	case DC_DATE_SUBMITTED:
		return "dc:date";
	case DC_DESCRIPTION:
	case DC_ABSTRACT:
	case DC_TABLE_OF_CONTENTS:
		return "dc:description";
	case DC_SUBJECT:
		return "dc:subject";
	case DC_COVERAGE:
	case DC_SPATIAL:
	case DC_TEMPORAL:
		return "dc:coverage";
	case DC_LANGUAGE:
		return "dc:language";
	case DC_TYPE:
		return "dc:type";
	case DC_FORMAT:
	case DC_EXTENT:
	case DC_MEDIUM:
		return "dc:format";
	case DC_IDENTIFIER:
	case DC_BIBLIOGRAPHIC_CITATION:
		return "dc:identifier";
	case DC_PUBLISHER:
		return "dc:publisher";
	case DC_SOURCE:
		return "dc:source";
	case DC_RELATION:
	case DC_CONFORMS_TO:
	case DC_HAS_FORMAT:
	case DC_HAS_PART:
	case DC_HAS_VERSION:
	case DC_IS_FORMAT_OF:
	case DC_IS_REFERENCED_BY:
	case DC_IS_REPLACED_BY:
	case DC_IS_REQUIRED_BY:
	case DC_IS_TRANSLATION_OF:
	case DC_IS_VERSION_OF:
	case DC_REFERENCES:
	case DC_REPLACES:
	case DC_REQUIRES:
		return "dc:relation";
	case DC_RIGHTS:
	case DC_RIGHTS_HOLDER:
	case DC_ACCESS_RIGHTS:
	case DC_LICENSE:
		return "dc:rights";
	case DC_PROVENANCE: /* refines no element */
	case DC_AUDIENCE:
	case DC_EDUCATION_LEVEL:
	case DC_INSTRUCTIONAL_METHOD:
	case DC_MEDIATOR:
	case DC_ACCRUAL_METHOD:
	case DC_ACCRUAL_PERIODICITY:
	case DC_ACCRUAL_POLICY:
	case DC_TERMS:
		break;
	}
	return NULL;
}

void oai_dc_write(struct buf *out, const struct record *record, struct str id, struct str part)
{
	buf_text(out, "<oai_dc:dc xmlns:oai_dc=\"http://www.openarchives.org/OAI/2.0/oai_dc/\" "
		      "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
		      "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
		      "xsi:schemaLocation=\"http://www.openarchives.org/OAI/2.0/oai_dc/ "
		      "http://www.openarchives.org/OAI/2.0/oai_dc.xsd\">");
	xml_element(out, "dc:identifier", id);
	if (record_field(record, RECORD_REFERENCE_CODE).n > 0)
		xml_element(out, "dc:identifier", record_field(record, RECORD_REFERENCE_CODE));
	for (size_t i = 0; i < record_value_count(record); i++) {
		struct record_value value;
		const char *element;

		record_value(record, i, &value);
		element = element_of(value.term);
		if (element == NULL)
			continue;
		buf_printf(out, "<%s", element);
		if (value.language.n > 0)
			xml_attribute(out, "xml:lang", value.language);
		buf_char(out, '>');
		xml_text(out, value.value.n > 0 ? value.value : value.written);
		buf_printf(out, "</%s>", element);
	}
	if (part.n > 0)
		xml_element(out, "dc:relation", part);
	buf_text(out, "</oai_dc:dc>");
}
